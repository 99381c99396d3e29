#include "detail/checkpoint.hpp"

#include <ATen/ATen.h>
#include <torch/version.h>

#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn::detail {

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Parameters under dotted names, which modules register level by level.
struct Tree : torch::nn::Module
{
    void add(std::string const& name, at::Tensor const& value)
    {
        auto const dot = name.find('.');
        if (dot == std::string::npos) {
            register_parameter(name, value);
            return;
        }
        auto const head = name.substr(0, dot);
        auto& child = children[head];
        if (!child) child = register_module(head, std::make_shared<Tree>());
        child->add(name.substr(dot + 1), value);
    }
    std::map<std::string, std::shared_ptr<Tree>> children;
};

/// A module of zeros with these names and shapes.
std::shared_ptr<Tree> tree(std::vector<std::pair<std::string, std::vector<std::int64_t>>> const& parameters)
{
    auto out = std::make_shared<Tree>();
    for (auto const& [name, shape] : parameters)
        out->add(name, at::zeros(shape));
    return out;
}

std::vector<float> values(torch::nn::Module const& module, std::string const& name)
{
    at::Tensor const tensor = module.named_parameters()[name].detach().contiguous();
    auto const* const data = tensor.data_ptr<float>();
    return {data, data + tensor.numel()};
}

template <typename T>
std::string raw(std::vector<T> const& items)
{
    return {reinterpret_cast<char const*>(items.data()), items.size() * sizeof(T)};
}

/// A file put together from tensors in the order in which they are added.
class File
{
  public:
    File& add(std::string const& name, std::string const& type, std::string const& shape, std::string const& bytes)
    {
        header_ += (header_.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape +
                   ",\"data_offsets\":[" + std::to_string(data_.size()) + "," +
                   std::to_string(data_.size() + bytes.size()) + "]}";
        data_ += bytes;
        return *this;
    }
    File& add(std::string const& name, std::vector<float> const& items)
    {
        return add(name, "F32", "[" + std::to_string(items.size()) + "]", raw(items));
    }
    Safetensors tensors()
    {
        bytes_ = file_of(header_ + "}", data_);
        return Safetensors::parse(bytes_of(bytes_), "weights");
    }

  private:
    std::string header_, data_, bytes_;
};

EncoderConfig config_of(Family family, std::vector<std::string> labels = {"no", "yes"})
{
    EncoderConfig out;
    out.family = family;
    out.json = "{\"model_type\": \"" + std::string{name_of(family)} + "\", \"kept\": 1}";
    out.labels = std::move(labels);
    return out;
}

std::vector<std::string> load(File& file, torch::nn::Module& backbone, torch::nn::Module* head = nullptr,
                              HeadSource source = HeadSource::checkpoint, Family family = Family::bert)
{
    return load_checkpoint(file.tensors(), config_of(family), backbone, head, source);
}

std::string refusal(File& file, torch::nn::Module& backbone, torch::nn::Module* head = nullptr)
{
    return message_of([&] { load(file, backbone, head); });
}

/// One tensor "a" of two items.
std::string refusal_of(std::string const& type, std::string const& bytes)
{
    File file;
    file.add("a", type, "[2]", bytes);
    auto const backbone = tree({{"a", {2}}});
    return refusal(file, *backbone);
}

}  // namespace

TEST(LoadCheckpoint, widens_every_type_exactly)
{
    // 1.5 = 3fc00000; as bfloat16 3fc0, as half 3e00. -2^-24 is half's smallest subnormal, 8001.
    File file;
    file.add("bf16", "BF16", "[2]", raw<std::uint16_t>({0x3fc0, 0x8001}));
    file.add("f16", "F16", "[2]", raw<std::uint16_t>({0x3e00, 0x8001}));
    file.add("f64", "F64", "[2]", raw<double>({1.5, -0.1}));
    file.add("f32", "F32", "[2]", raw<float>({1.5F, -0.1F}));
    auto const backbone = tree({{"bf16", {2}}, {"f16", {2}}, {"f64", {2}}, {"f32", {2}}});
    load(file, *backbone);
    EXPECT_THAT(values(*backbone, "bf16"), ElementsAre(1.5F, std::bit_cast<float>(0x80010000U)));
    EXPECT_THAT(values(*backbone, "f16"), ElementsAre(1.5F, -0x1p-24F));
    EXPECT_THAT(values(*backbone, "f64"), ElementsAre(1.5F, -0.1F));
    EXPECT_THAT(values(*backbone, "f32"), ElementsAre(1.5F, -0.1F));
}

TEST(LoadCheckpoint, reads_tensors_that_are_not_aligned_to_their_items)
{
    for (std::size_t shift = 0; shift < 8; ++shift) {
        File file;
        file.add("classifier.x", "U8", "[" + std::to_string(shift) + "]", std::string(shift, 'x'));
        file.add("a", {1, 2, 3});
        file.add("b", "F64", "[1]", raw<double>({0.5}));
        auto const backbone = tree({{"a", {3}}, {"b", {1}}});
        load(file, *backbone);
        EXPECT_THAT(values(*backbone, "a"), ElementsAre(1, 2, 3)) << shift;
        EXPECT_THAT(values(*backbone, "b"), ElementsAre(0.5)) << shift;
    }
}

TEST(LoadCheckpoint, copies_out_of_the_mapping)
{
    File file;
    file.add("a", {1, 2});
    auto const tensors = file.tensors();
    auto const backbone = tree({{"a", {2}}});
    load_checkpoint(tensors, config_of(Family::bert), *backbone);
    backbone->named_parameters()["a"].detach().fill_(7);
    float kept = 0;
    std::memcpy(&kept, tensors.tensors().at("a").bytes.data(), sizeof kept);
    EXPECT_EQ(kept, 1);
    EXPECT_TRUE(backbone->named_parameters()["a"].requires_grad());
}

TEST(LoadCheckpoint, lists_everything_that_is_missing)
{
    File file;
    file.add("bert.a", {1}).add("bert.b", {1});
    auto const backbone = tree({{"a", {1}}, {"b", {1}}, {"c.d", {1}}, {"e", {1}}});
    EXPECT_THAT(refusal(file, *backbone), HasSubstr("weights: lacks tensors of the encoder: bert.c.d, bert.e."));
}

TEST(LoadCheckpoint, needs_the_head_unless_it_is_to_be_fresh)
{
    File file;
    file.add("bert.a", {1}).add("bert.pooler.dense.bias", {2}).add("classifier.bias", {3});
    auto const backbone = tree({{"a", {1}}});
    auto const head = tree({{"pooler.dense.bias", {1}}, {"classifier.bias", {1}}});
    EXPECT_THAT(load(file, *backbone, head.get()), IsEmpty());
    EXPECT_THAT(values(*head, "pooler.dense.bias"), ElementsAre(2));
    EXPECT_THAT(values(*head, "classifier.bias"), ElementsAre(3));

    auto const other = tree({{"pooler.dense.bias", {1}}, {"classifier.bias", {5}}});
    EXPECT_THAT(load(file, *backbone, other.get(), HeadSource::fresh), ElementsAre("classifier.bias"));
    EXPECT_THAT(values(*other, "pooler.dense.bias"), ElementsAre(2));
    EXPECT_THAT(values(*other, "classifier.bias"), ElementsAre(0, 0, 0, 0, 0));
    EXPECT_THAT(refusal(file, *backbone, other.get()), HasSubstr("classifier.bias is [1] instead of [5]"));

    auto const absent = tree({{"qa_outputs.bias", {2}}});
    EXPECT_THAT(refusal(file, *backbone, absent.get()), HasSubstr("lacks tensors of the head: qa_outputs.bias"));
}

TEST(LoadCheckpoint, reads_nothing_for_a_fresh_head_of_other_families)
{
    File file;
    file.add("deberta.a", {1}).add("pooler.dense.bias", {2}).add("classifier.bias", {3});
    auto const backbone = tree({{"a", {1}}});
    auto const head = tree({{"pooler.dense.bias", {1}}, {"classifier.bias", {1}}});
    EXPECT_THAT(load(file, *backbone, head.get(), HeadSource::fresh, Family::deberta_v2),
                ElementsAre("classifier.bias", "pooler.dense.bias"));
    EXPECT_THAT(values(*head, "pooler.dense.bias"), ElementsAre(0));
}

TEST(LoadCheckpoint, refuses_other_shapes_and_names_and_leaves_the_parameters)
{
    File file;
    file.add("a", {1}).add("b", {2, 2}).add("encoder.more", {1});
    auto const backbone = tree({{"a", {1}}, {"b", {2}}});
    EXPECT_THAT(refusal(file, *backbone), HasSubstr("has no place for: encoder.more"));
    auto const wider = tree({{"a", {1}}, {"b", {1, 2}}, {"encoder.more", {3}}});
    EXPECT_THAT(refusal(file, *wider), HasSubstr("b is [2] instead of [1, 2]; encoder.more is [1] instead of [3]"));
    EXPECT_THAT(values(*wider, "a"), ElementsAre(0)) << "nothing is loaded when something does not fit";
}

TEST(LoadCheckpoint, refuses_NaN_and_infinity_in_every_type)
{
    float const inf = std::numeric_limits<float>::infinity();
    float const nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<std::pair<std::string, std::string>> const cases{{"F32", raw<float>({1, inf})},
                                                                 {"F32", raw<float>({-inf, 1})},
                                                                 {"F32", raw<float>({1, nan})},
                                                                 {"F64", raw<double>({1, nan})},
                                                                 {"F64", raw<double>({1, -inf})},
                                                                 {"F16", raw<std::uint16_t>({0x3c00, 0x7c00})},
                                                                 {"F16", raw<std::uint16_t>({0x3c00, 0xfe00})},
                                                                 {"BF16", raw<std::uint16_t>({0x3f80, 0xff80})},
                                                                 {"BF16", raw<std::uint16_t>({0x3f80, 0x7fc0})}};
    for (auto const& [type, bytes] : cases)
        EXPECT_THAT(refusal_of(type, bytes), HasSubstr("a holds NaN or infinite values")) << type;
    EXPECT_THAT(refusal_of("F64", raw<double>({1, 1e300})), HasSubstr("a holds values beyond the range"));
    EXPECT_EQ(refusal_of("F32", raw<float>({std::numeric_limits<float>::max(), -0.0F})), "no error");
    EXPECT_EQ(refusal_of("F16", raw<std::uint16_t>({0x7bff, 0x03ff})), "no error");
}

TEST(LoadCheckpoint, refuses_quantised_weights)
{
    EXPECT_THAT(refusal_of("I8", "ab"), HasSubstr("a is of type I8. Quantised checkpoints are not read"));
    EXPECT_THAT(refusal_of("BOOL", "ab"), HasSubstr("a is of type BOOL"));
}

TEST(LoadCheckpoint, reads_8_bit_floats_where_libtorch_knows_them)
{
    // 1.5: e4m3 0 0111 100, e5m2 0 01111 10.
    std::string const e4m3 = "\x3c\x38";
    std::string const e5m2 = "\x3e\x3c";
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1)
    for (auto const& [type, bytes] : {std::pair{"F8_E4M3", e4m3}, std::pair{"F8_E5M2", e5m2}}) {
        File file;
        file.add("a", type, "[2]", bytes);
        auto const backbone = tree({{"a", {2}}});
        load(file, *backbone);
        EXPECT_THAT(values(*backbone, "a"), ElementsAre(1.5F, 1.0F)) << type;
    }
    EXPECT_THAT(refusal_of("F8_E4M3", "\x3c\x7f"), HasSubstr("NaN or infinite"));
    EXPECT_THAT(refusal_of("F8_E5M2", "\x3c\x7c"), HasSubstr("NaN or infinite"));
#else
    EXPECT_THAT(refusal_of("F8_E4M3", e4m3), HasSubstr("needs libtorch 2.1 or newer"));
    EXPECT_THAT(refusal_of("F8_E5M2", e5m2), HasSubstr("needs libtorch 2.1 or newer"));
#endif
}

class Saved : public testing::Test
{
  protected:
    Saved()
    {
        write_file(source() / "tokenizer.json", std::string_view{"{\"a\": \"\0\xff\"}\r\n", 13});
        write_file(source() / "vocab.txt", "[PAD]\nword\n");
        write_file(source() / "README.md", "not a tokenizer's");
    }
    fs::path const& source() const { return source_.path(); }
    fs::path folder() const { return target_.path() / "new" / "model"; }

  private:
    test::TemporaryFolder source_;
    test::TemporaryFolder target_;
};

TEST_F(Saved, classifier_is_read_again_bit_for_bit)
{
    for (Family const family : {Family::bert, Family::roberta, Family::electra, Family::deberta_v2, Family::bart}) {
        auto const backbone = std::make_shared<Tree>();
        backbone->add("encoder.layer.0.x.weight", at::rand({3, 5}) - 0.5);
        backbone->add("shared.weight", at::rand({4, 2}));
        auto const head = std::make_shared<Tree>();
        head->add("pooler.dense.weight", at::rand({2, 2}));
        head->add("classifier.weight", at::rand({2, 2}).t());  // not contiguous
        auto const config = config_of(family);
        save_classifier(folder(), config, *backbone, *head, source());

        auto const again = tree({{"encoder.layer.0.x.weight", {3, 5}}, {"shared.weight", {4, 2}}});
        auto const again_head = tree({{"pooler.dense.weight", {2, 2}}, {"classifier.weight", {2, 2}}});
        auto const read = read_encoder_config(folder());
        EXPECT_EQ(read.family, family);
        EXPECT_EQ(read.labels, config.labels);
        load_checkpoint(Safetensors::open(folder()), read, *again, again_head.get());
        for (std::string const name : {"encoder.layer.0.x.weight", "shared.weight"})
            EXPECT_EQ(values(*again, name), values(*backbone, name)) << name_of(family);
        for (std::string const name : {"pooler.dense.weight", "classifier.weight"})
            EXPECT_EQ(values(*again_head, name), values(*head, name)) << name_of(family);
    }
}

TEST_F(Saved, classifier_has_the_names_that_transformers_gives)
{
    auto const names = [&](Family family) {
        save_classifier(folder(), config_of(family), *tree({{"a", {1}}}),
                        *tree({{"pooler.dense.bias", {1}}, {"classifier.bias", {2}}}), source());
        std::vector<std::string> out;
        auto const saved = Safetensors::open(folder());
        for (auto const& [name, view] : saved.tensors())
            out.push_back(name);
        return out;
    };
    EXPECT_THAT(names(Family::bert), ElementsAre("bert.a", "bert.pooler.dense.bias", "classifier.bias"));
    EXPECT_THAT(names(Family::deberta_v2), ElementsAre("classifier.bias", "deberta.a", "pooler.dense.bias"));
    EXPECT_THAT(names(Family::bart), ElementsAre("classifier.bias", "model.a", "pooler.dense.bias"));
}

TEST_F(Saved, classifier_comes_with_the_tokenizers_files_byte_for_byte)
{
    save_classifier(folder(), config_of(Family::bert), *tree({{"a", {1}}}), *tree({{"classifier.bias", {2}}}),
                    source());
    for (std::string const name : {"tokenizer.json", "vocab.txt"})
        EXPECT_EQ(read_file(folder() / name), read_file(source() / name)) << name;
    EXPECT_FALSE(fs::exists(folder() / "README.md"));
    EXPECT_THAT(read_file(folder() / "config.json"), HasSubstr("\"kept\": 1"));
}

TEST_F(Saved, classifier_is_refused_where_no_folder_can_be)
{
    write_file(source() / "file", "");
    EXPECT_THAT(message_of([&] {
                    save_classifier(source() / "file" / "model", config_of(Family::bert), *tree({{"a", {1}}}),
                                    *tree({{"classifier.bias", {2}}}), source());
                }),
                HasSubstr("cannot make folder"));
}

}  // namespace ablatrix::nn::detail
