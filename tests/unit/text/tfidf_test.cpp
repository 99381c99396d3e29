#include <ablatrix/text/tfidf.hpp>

#include <cmath>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenize.hpp>

namespace ablatrix::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::vector<double>> dense(SparseRows const& sparse)
{
    std::vector<std::vector<double>> rows(sparse.rows(), std::vector<double>(static_cast<std::size_t>(sparse.columns)));
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (auto k = static_cast<std::size_t>(sparse.row_begin[i]);
             k < static_cast<std::size_t>(sparse.row_begin[i + 1]); ++k)
            rows[i][static_cast<std::size_t>(sparse.column[k])] = sparse.value[k];
    return rows;
}

void expect_near(std::vector<std::vector<double>> const& found, std::vector<std::vector<double>> const& expected)
{
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i].size(), expected[i].size());
        for (std::size_t j = 0; j < found[i].size(); ++j)
            EXPECT_NEAR(found[i][j], expected[i][j], 2e-7) << "row " << i << " column " << j;
    }
}

nlohmann::json load_fixture()
{
    std::ifstream in(ABLATRIX_SOURCE_DIR "/tests/parity/tfidf.json");
    return nlohmann::json::parse(in);
}

// Second implementation: scikit-learn, by tests/parity/make_tfidf_fixture.py.
TEST(Tfidf, agrees_with_scikit_learn)
{
    auto const fixture = load_fixture();
    auto const fitted = fixture["fitted"].get<std::vector<std::string>>();
    auto const unseen = fixture["unseen"].get<std::vector<std::string>>();
    for (std::size_t i = 0; i < fitted.size(); ++i) {
        std::vector<std::string> lower;
        for (Word const& word : words(fitted[i]))
            lower.push_back(word.lower);
        ASSERT_EQ(lower, fixture["words"][i].get<std::vector<std::string>>());
    }
    ASSERT_EQ(fixture["cases"].size(), 4u);
    for (auto const& wanted : fixture["cases"]) {
        TfidfOptions const options{wanted["max_features"], wanted["min_documents"], wanted["sublinear_tf"],
                                   wanted["bigrams"]};
        Tfidf const model = Tfidf::fit(fitted, options);
        EXPECT_EQ(model.vocabulary(), wanted["vocabulary"].get<std::vector<std::string>>());
        auto const idf = wanted["idf"].get<std::vector<double>>();
        ASSERT_EQ(model.idf().size(), idf.size());
        for (std::size_t j = 0; j < idf.size(); ++j)
            EXPECT_NEAR(model.idf()[j], idf[j], 1e-6);
        expect_near(dense(model.transform(fitted)), wanted["rows"]);
        expect_near(dense(model.transform(unseen)), wanted["unseen_rows"]);
    }
}

TEST(Tfidf, weights_are_those_of_a_hand_calculation)
{
    // "b" is in both texts: idf 1. "a" is in one of two: idf ln(3/2) + 1, and occurs twice: tf 1 + ln 2.
    std::vector<std::string> const texts{"a a b", "b"};
    Tfidf const model = Tfidf::fit(texts, {.min_documents = 1});
    double const a = (1 + std::log(2.0)) * (std::log(1.5) + 1);
    expect_near(dense(model.transform(texts)), {{a / std::hypot(a, 1), 1 / std::hypot(a, 1)}, {0, 1}});
}

TEST(Tfidf, ties_at_the_feature_limit_go_by_spelling)
{
    std::vector<std::string> const texts{"zebra apple zebra mango"};
    EXPECT_THAT(Tfidf::fit(texts, {.max_features = 2, .min_documents = 1}).vocabulary(), ElementsAre("apple", "zebra"));
}

TEST(Tfidf, columns_of_a_row_ascend)
{
    std::vector<std::string> const texts{"d b a c", "c a"};
    EXPECT_THAT(Tfidf::fit(texts, {.min_documents = 1}).transform(texts).column, ElementsAre(0, 1, 2, 3, 0, 2));
}

TEST(Tfidf, a_saved_model_gives_the_same_rows)
{
    std::vector<std::string> const texts{"good film", "bad film", "good plot and film"};
    Tfidf const model = Tfidf::fit(texts, {.min_documents = 1, .sublinear_tf = false, .bigrams = true});
    base::Bundle bundle;
    model.save(bundle, "tfidf");
    Tfidf const loaded = Tfidf::load(bundle, "tfidf");
    EXPECT_EQ(loaded.vocabulary(), model.vocabulary());
    EXPECT_EQ(loaded.transform(texts).value, model.transform(texts).value);
    EXPECT_EQ(loaded.transform(texts).column, model.transform(texts).column);
}

TEST(Tfidf, an_inconsistent_saved_model_is_refused)
{
    base::Bundle bundle;
    Tfidf::fit(std::vector<std::string>{"a b"}, {.min_documents = 1}).save(bundle, "tfidf");
    bundle.put("tfidf/idf", std::vector<float>{1.0F});
    EXPECT_THROW(Tfidf::load(bundle, "tfidf"), Error);
}

TEST(Tfidf, texts_without_a_common_word_are_refused_with_a_way_out)
{
    try {
        Tfidf::fit(std::vector<std::string>{"a", "b"}, {.min_documents = 2});
        FAIL();
    }
    catch (Error const& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("lower min_documents"));
    }
}

}  // namespace
}  // namespace ablatrix::text
