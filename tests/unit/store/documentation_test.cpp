#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/sample_layout.hpp"

namespace ablatrix::store {
namespace {

std::string document_text()
{
    std::ifstream stream(std::string(ABLATRIX_SOURCE_DIR) + "/docs/result-file.md");
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Every ```python block, one after the other.
std::string python_blocks(std::string const& document)
{
    static std::string const opening = "```python\n";
    std::string blocks;
    for (std::size_t begin = document.find(opening); begin != std::string::npos; begin = document.find(opening, begin))
    {
        begin += opening.size();
        std::size_t const end = document.find("```", begin);
        blocks += document.substr(begin, end - begin);
        begin = end;
    }
    return blocks;
}

/// docs/result-file.md names every dataset of a file, with places for names that an experiment chooses.
std::string documented_name(std::string group, std::string const& set, std::string const& dataset)
{
    if (group == "axes") return "`/axes/<axis>`";
    if (group == "experiment" && dataset != "config") return "`/experiment/<fact>`";
    group = "`/" + group + "/";
    if (set == "run") return group + "run/" + dataset + "`";
    return group + (set.empty() ? "" : "<set>/") + dataset + "`";
}

TEST(ResultFileDocumentation, names_every_dataset)
{
    auto const document = document_text();
    test::TemporaryFolder const folder;
    auto const path = folder.path() / "result.h5";
    ResultFile::create(path, test::sample_layout(2), test::sample_provenance(), {});
    auto const file = h5::File::open_readonly(path);

    std::size_t datasets = 0;
    for (auto const& group : file.names()) {
        bool const has_sets = group == "metrics" || group == "items" || group == "columns" || group == "curves";
        auto const sets = has_sets ? file.open_group(group).names() : std::vector<std::string>{""};
        for (auto const& set : sets)
            for (auto const& dataset : file.open_group(group + "/" + set).names()) {
                EXPECT_THAT(document, testing::HasSubstr(documented_name(group, set, dataset)));
                ++datasets;
            }
    }

    // 1 config, 2 facts, 2 axes, 8 runs, 2 + 2 x 3 metrics, 2 x 10 + 1 items, 2 x 7 columns, 2 curves, 7 stages.
    EXPECT_EQ(datasets, 65U);
}

// h5py and libxxhash are the second implementation of reader and checksum.
TEST(ResultFileDocumentation, python_examples_read_what_was_written)
{
    if (std::system(
            "/usr/bin/python3 -c 'import ctypes, h5py, pandas; ctypes.CDLL(\"libxxhash.so.0\")' 2> /dev/null") != 0)
        GTEST_SKIP() << "python3 with h5py and pandas, and libxxhash, are needed";
    test::TemporaryFolder const folder;
    auto const path = folder.path() / "result.h5";
    auto layout = test::sample_layout(4);
    layout.item_sets[0].methods = {"self_confidence", "combined"};
    ResultFile::create(path, layout, test::sample_provenance(), {});
    auto file = ResultFile::open(path, {});
    for (std::size_t run : {0, 1, 3}) {
        auto const salt = static_cast<double>(run);
        file.write_run(run, test::sample_record(salt), test::sample_metrics(layout, salt));
    }
    file.write_truth(0, 0, test::sample_truth(4, 1));
    file.write_column(0, 0, test::sample_column(layout.item_sets[0], 4));
    file.write_column(0, 2, test::sample_column(layout.item_sets[0], 4));
    file.write_column(1, 1, test::sample_column(layout.item_sets[1], 2));
    file.close();

    auto script = python_blocks(document_text());
    std::string const place = "results/quickstart.h5";
    ASSERT_NE(script.find(place), std::string::npos);
    script.replace(script.find(place), place.size(), path.native());
    // Row-major [method x metric] with three metrics, auroc first: 0/16 and 3/16, plus the run.
    script += R"(
means = table.groupby("method")["auroc"].mean()
assert len(table) == 6 and list(table["ablate"][::2]) == ["full", "no-artifact", "no-artifact"], table
assert abs(means["self_confidence"] - 4 / 3) < 1e-12 and abs(means["combined"] - (4 / 3 + 3 / 16)) < 1e-12, means
assert list(scores) == [0, 1 / 7, 2 / 7, 3 / 7] and list(is_noisy) == [True] * 4, (scores, is_noisy)
with h5py.File(path, "r") as f:
    assert [column_is_whole(f, "detection", c) for c in range(4)] == [True, False, True, False]
    assert [column_is_whole(f, "test", c) for c in range(3)] == [False, True, False]
)";
    std::string const xxhash = R"(
import ctypes, sys, types
library = ctypes.CDLL("libxxhash.so.0")
library.XXH3_64bits.restype = ctypes.c_uint64
library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
sys.modules["xxhash"] = types.ModuleType("xxhash")
sys.modules["xxhash"].xxh3_64_intdigest = lambda data: library.XXH3_64bits(data, len(data))
)";
    auto const program = folder.path() / "example.py";
    std::ofstream(program) << xxhash << script;

    EXPECT_EQ(std::system(("/usr/bin/python3 '" + program.native() + "' > /dev/null").c_str()), 0);
}

}  // namespace
}  // namespace ablatrix::store
