// The real all-MiniLM-L6-v2 on SST-2's development sentences, against sentence-transformers.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/safetensors.hpp>

#include "fixture.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {
namespace {

std::filesystem::path folder_or(char const* variable, std::filesystem::path otherwise)
{
    char const* const set = std::getenv(variable);
    return set == nullptr ? otherwise : std::filesystem::path(set);
}

std::vector<std::string> sentences(std::filesystem::path const& file)
{
    std::ifstream in(file);
    std::vector<std::string> out;
    std::string line;
    std::getline(in, line);  // sentence, label
    while (std::getline(in, line))
        out.push_back(line.substr(0, line.find('\t')));
    return out;
}

class MiniLm : public testing::Test
{
  protected:
    void SetUp() override
    {
        std::filesystem::path const source = ABLATRIX_SOURCE_DIR;
        model = folder_or("ABLATRIX_MODELS", source / "models") / "minilm";
        table = folder_or("ABLATRIX_DATA", source.parent_path() / "shared/data") / "sst2/dev.tsv";
        if (!exists(model)) GTEST_SKIP() << "no folder with minilm (set ABLATRIX_MODELS)";
        if (!exists(table)) GTEST_SKIP() << "no folder with real data (set ABLATRIX_DATA)";
    }

    /// \p file: what tests/parity/make_minilm_fixture.py wrote: numbers of rows and their vectors.
    void compare_with(std::filesystem::path const& file) const
    {
        auto const texts = sentences(table);
        ASSERT_EQ(texts.size(), 872U);
        auto const embedder = Embedder::load(model, {});
        auto const found = at::tensor(embedder.embed(texts)).view({872, 384});

        auto const expected_file = Safetensors::open(file);
        auto const expected = test::tensor_of(expected_file.tensors().at("embeddings"));
        auto const& numbers = expected_file.tensors().at("rows");
        auto rows = at::empty(numbers.shape, at::kLong);
        ASSERT_EQ(rows.nbytes(), numbers.bytes.size());
        std::memcpy(rows.data_ptr(), numbers.bytes.data(), numbers.bytes.size());

        auto const chosen = found.index_select(0, rows);
        EXPECT_LE(test::away(chosen, expected), 1e-5);
        auto const cosines = (chosen.to(at::kDouble) * expected.to(at::kDouble)).sum(1) /
                             (chosen.to(at::kDouble).norm(2, 1) * expected.to(at::kDouble).norm(2, 1));
        EXPECT_GE(cosines.min().item<double>(), 0.999999);
    }

    std::filesystem::path model, table;
};

TEST_F(MiniLm, embeds_as_sentence_transformers_does)
{
    compare_with(test::fixture_folder("minilm") / "expected.safetensors");
}

TEST_F(MiniLm, embeds_the_same_from_a_folder_that_sentence_transformers_saved_again)
{
    char const* const python = std::getenv("ABLATRIX_PARITY_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "no Python with sentence-transformers (set ABLATRIX_PARITY_PYTHON)";
    ablatrix::test::TemporaryFolder const folder;
    auto const saved = folder.path() / "saved";
    auto const command = std::string(python) + " -B -c 'import sys; from sentence_transformers import " +
                         "SentenceTransformer as S; S(sys.argv[1]).save(sys.argv[2])' " + model.string() + ' ' +
                         saved.string();
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::string many;  // more words than its rows have places for
    for (int i = 0; i < 600; ++i)
        many += "word ";
    std::vector<std::string> const texts{"a film", many + "bad", many + "good"};
    EXPECT_EQ(Embedder::load(saved, {}).options().max_length, 256);
    EXPECT_EQ(Embedder::load(saved, {}).embed(texts), Embedder::load(model, {}).embed(texts));
}

TEST_F(MiniLm, embeds_every_sentence_as_sentence_transformers_does)
{
    char const* const python = std::getenv("ABLATRIX_PARITY_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "no Python with sentence-transformers (set ABLATRIX_PARITY_PYTHON)";
    ablatrix::test::TemporaryFolder const folder;
    auto const file = folder.path() / "expected.safetensors";
    auto const command = std::string(python) + " -B " + ABLATRIX_SOURCE_DIR + "/tests/parity/make_minilm_fixture.py " +
                         model.string() + ' ' + table.string() + ' ' + file.string();
    ASSERT_EQ(std::system(command.c_str()), 0);
    compare_with(file);
}

}  // namespace
}  // namespace ablatrix::nn
