#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "src/store/detail/journal.hpp"
#include "src/store/detail/result_tables.hpp"
#include "unit/store/sample_layout.hpp"

// What a journal costs: rows per second into the HDF5 file alone, with journal, and with a flush per row or per 16
// rows.
//
//     journal_bench [--rows N] [--items N] [--folder DIR]

namespace {

using namespace ablatrix;
namespace fs = std::filesystem;

struct Options
{
    std::size_t rows = 2000;
    std::int64_t items = 1000;
    fs::path folder = fs::temp_directory_path();
};

Options parse(int argc, char** argv)
{
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i];
        if (name == "--rows") options.rows = static_cast<std::size_t>(std::atol(argv[i + 1]));
        if (name == "--items") options.items = std::atol(argv[i + 1]);
        if (name == "--folder") options.folder = argv[i + 1];
    }
    return options;
}

double seconds_of(std::function<void()> const& work)
{
    auto const start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print(char const* what, std::size_t rows, double seconds)
{
    std::printf("%-42s %10.0f rows/s %9.1f us/row\n", what, static_cast<double>(rows) / seconds,
                1e6 * seconds / static_cast<double>(rows));
}

/// Write \p rows columns; \p flush_every rows share a flush, 0: none.
double with_journal(fs::path const& path, store::ResultLayout const& layout, std::size_t rows, std::size_t flush_every)
{
    store::ResultFile::create(path, layout, test::sample_provenance(), {});
    auto file = store::ResultFile::open(path, {});
    auto const& set = layout.item_sets[0];
    auto const column = test::sample_column(set, static_cast<std::size_t>(set.n_items));
    return seconds_of([&] {
        for (std::size_t row = 0; row < rows; ++row) {
            file.write_column(0, row, column);
            if (flush_every > 0 && row % flush_every == flush_every - 1) file.sync();
        }
    });
}

double without_journal(fs::path const& path, store::ResultLayout const& layout, std::size_t rows)
{
    store::ResultFile::create(path, layout, test::sample_provenance(), {});
    auto file = h5::File::open(path, {});
    auto tables = store::detail::ResultTables::open(file, layout);
    std::vector<std::byte> const record(tables.columns[0].record_bytes(), std::byte{1});
    return seconds_of([&] {
        for (std::size_t row = 0; row < rows; ++row)
            tables.write({store::detail::JournalTable::column, 0, row}, record);
    });
}

}  // namespace

int main(int argc, char** argv)
{
    auto const options = parse(argc, argv);
    auto layout = test::sample_layout(static_cast<std::int64_t>(options.rows));
    layout.item_sets[0].n_items = options.items;
    std::string name = (options.folder / "ablatrix-journal-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return 1;
    fs::path const folder = name;

    std::printf("columns of %lld items in %s\n", static_cast<long long>(options.items), options.folder.c_str());
    print("HDF5 alone", options.rows, without_journal(folder / "alone.h5", layout, options.rows));
    print("HDF5 and journal", options.rows, with_journal(folder / "journal.h5", layout, options.rows, 0));
    print("HDF5 and journal, a flush every 16 rows", options.rows,
          with_journal(folder / "sixteen.h5", layout, options.rows, 16));
    print("HDF5 and journal, a flush every row", options.rows,
          with_journal(folder / "each.h5", layout, options.rows, 1));
    fs::remove_all(folder);
    return 0;
}
