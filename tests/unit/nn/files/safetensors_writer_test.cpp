#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <ablatrix/nn/safetensors.hpp>

#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using Tensors = std::map<std::string, TensorView, std::less<>>;

std::vector<std::string> names_in(fs::path const& folder)
{
    std::vector<std::string> out;
    for (auto const& entry : fs::directory_iterator(folder))
        out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
}

class Writer : public testing::Test
{
  protected:
    Tensors sample() const
    {
        return {{"half", {DType::f16, {2}, bytes_of(half_)}},
                {"a \"quoted\"\n\xc3\xa9", {DType::f32, {1, 2}, bytes_of(floats_)}},
                {"byte", {DType::u8, {3}, bytes_of(odd_)}},
                {"none", {DType::f32, {0, 4}, {}}},
                {"scalar", {DType::i16, {}, bytes_of(scalar_)}}};
    }
    fs::path const& folder() const { return folder_.path(); }

    std::string const half_ = "hhHH";
    std::string const floats_ = "ffffFFFF";
    std::string const odd_ = "odd";
    std::string const scalar_ = "ss";

  private:
    test::TemporaryFolder folder_;
};

void expect_equal(Tensors const& written, Tensors const& read)
{
    ASSERT_EQ(written.size(), read.size());
    for (auto const& [name, view] : written) {
        auto const& other = read.at(name);
        EXPECT_EQ(other.type, view.type) << name;
        EXPECT_EQ(other.shape, view.shape) << name;
        EXPECT_TRUE(std::ranges::equal(other.bytes, view.bytes)) << name;
    }
}

}  // namespace

TEST_F(Writer, writes_what_the_reader_reads_bit_for_bit)
{
    write_safetensors(folder(), sample());
    auto const read = Safetensors::open(folder());
    expect_equal(sample(), read.tensors());
    EXPECT_THAT(read.metadata(), ElementsAre(std::pair{"format", "pt"}));
    EXPECT_THAT(names_in(folder()), ElementsAre("model.safetensors")) << "no temporary file is left";
}

TEST_F(Writer, puts_wide_items_first_then_names_and_pads_the_header_to_eight_bytes)
{
    Tensors const tensors{{"b", {DType::u8, {3}, bytes_of(odd_)}},
                          {"d", {DType::f32, {2}, bytes_of(floats_)}},
                          {"c", {DType::f32, {2}, bytes_of(floats_)}}};
    write_safetensors(folder(), tensors);
    // Written by hand after the format's description; 170 characters, padded to 176.
    std::string header = R"({"__metadata__":{"format":"pt"},"c":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                         R"("d":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},)"
                         R"("b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}})";
    while (header.size() % 8 != 0)
        header += ' ';
    EXPECT_EQ(read_file(folder() / "model.safetensors"), file_of(header, "ffffFFFFffffFFFFodd"));
}

TEST_F(Writer, cuts_what_is_too_large_into_shards_with_an_index)
{
    // Sizes in order: quoted 8, none 0, half 4, scalar 2, byte 3.
    write_safetensors(folder(), sample(), 8);
    EXPECT_THAT(names_in(folder()), ElementsAre("model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                                                "model-00003-of-00003.safetensors", "model.safetensors.index.json"));
    expect_equal(sample(), Safetensors::open(folder()).tensors());
    EXPECT_EQ(Safetensors::open(folder() / "model-00002-of-00003.safetensors").tensors().size(), 2U);
    EXPECT_THAT(read_file(folder() / "model.safetensors.index.json"),
                testing::AllOf(testing::HasSubstr("\"total_size\": 17"),
                               testing::HasSubstr("\"byte\": \"model-00003-of-00003.safetensors\"")));
}

TEST_F(Writer, leaves_no_earlier_weights_that_a_reader_would_prefer)
{
    Tensors const other{{"other", {DType::u8, {3}, bytes_of(odd_)}}};
    write_safetensors(folder(), other);
    write_safetensors(folder(), sample(), 8);
    expect_equal(sample(), Safetensors::open(folder()).tensors());
    write_safetensors(folder(), other);
    expect_equal(other, Safetensors::open(folder()).tensors());
    EXPECT_FALSE(fs::exists(folder() / "model.safetensors.index.json"));
}

TEST_F(Writer, replaces_a_file_that_is_still_mapped_without_changing_what_is_seen)
{
    write_safetensors(folder(), sample());
    auto const mapped = Safetensors::open(folder());
    std::string const other = "FFFFffff";
    auto changed = sample();
    changed.at("a \"quoted\"\n\xc3\xa9").bytes = bytes_of(other);
    write_safetensors(folder(), changed);
    expect_equal(sample(), mapped.tensors());
    expect_equal(changed, Safetensors::open(folder()).tensors());
}

TEST_F(Writer, writes_beside_what_a_killed_process_of_its_number_left)
{
    for (int i = 0; i < 100; ++i)
        write_file(folder() / ("model.safetensors.tmp-" + std::to_string(::getpid()) + "-" + std::to_string(i)),
                   "half");
    write_safetensors(folder(), sample());
    expect_equal(sample(), Safetensors::open(folder()).tensors());
    EXPECT_THAT(names_in(folder()), testing::SizeIs(101));
}

TEST_F(Writer, names_the_file_that_it_cannot_write)
{
    auto const nowhere = folder() / "none";
    EXPECT_THAT(message_of([&] { write_safetensors(nowhere, sample()); }),
                testing::HasSubstr("cannot write " + (nowhere / "model.safetensors").string()));
}

TEST_F(Writer, leaves_the_old_file_when_a_tensor_does_not_have_its_bytes)
{
    write_safetensors(folder(), sample());
    auto wrong = sample();
    wrong.at("byte").shape = {4};
    EXPECT_THROW(write_safetensors(folder(), wrong), ContractError);
    expect_equal(sample(), Safetensors::open(folder()).tensors());
}

}  // namespace ablatrix::nn
