#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/store/result_file.hpp>

#include "unit/store/filled_file.hpp"
#include "unit/store/sample_layout.hpp"

// Writes until it is killed; started by result_file_kill_test.
//
//     result_file_writer rows PATH      rewrites all rows of an existing file, shared among the ranks
//     result_file_writer create PATH    creates the file and removes it again
//     result_file_writer once PATH      writes every row once, then waits to be killed
//
// When it has begun, it announces itself with a file PATH.pid.<rank>.

namespace {

using namespace ablatrix;

constexpr std::int64_t n_runs = 12;

void announce(std::string const& path, int rank)
{
    auto const name = path + ".pid." + std::to_string(rank);
    std::ofstream(name + ".new") << getpid();
    std::filesystem::rename(name + ".new", name);
}

[[noreturn]] void rewrite_rows(std::string const& path, mpi::Communicator const& world)
{
    auto file = store::ResultFile::open(path, world);
    auto const& layout = file.layout();
    auto const is_mine = [&](std::size_t row) { return static_cast<int>(row) % world.size() == world.rank(); };
    announce(path, world.rank());
    for (int pass = 0;; ++pass) {
        auto const salt = static_cast<double>(pass);
        for (std::size_t run = 0; run < static_cast<std::size_t>(layout.n_runs); ++run)
            if (is_mine(run)) file.write_run(run, test::sample_record(salt), test::sample_metrics(layout, salt));
        for (std::size_t i = 0; i < layout.item_sets.size(); ++i) {
            auto const& set = layout.item_sets[i];
            auto const length = static_cast<std::size_t>(set.n_items);
            for (std::size_t truth = 0; truth < set.truths.size(); ++truth)
                if (is_mine(truth)) file.write_truth(i, truth, test::sample_truth(length, pass));
            for (std::size_t column = 0; column < set.columns.size(); ++column)
                if (is_mine(column)) file.write_column(i, column, test::sample_column(set, length, salt));
        }
    }
}

[[noreturn]] void write_once(std::string const& path)
{
    auto file = store::ResultFile::open(path, {});
    announce(path, 0);
    test::fill(file);
    for (;;)
        pause();
}

[[noreturn]] void create_again_and_again(std::string const& path)
{
    announce(path, 0);
    for (;;) {
        store::ResultFile::create(path, test::sample_layout(n_runs), test::sample_provenance(), {});
        std::filesystem::remove(path);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 3) return 2;
    std::string const mode = argv[1];
    std::string const path = argv[2];
    try {
        if (mode == "create") create_again_and_again(path);
        if (mode == "once") write_once(path);
        mpi::Environment const environment(argc, argv);
        rewrite_rows(path, mpi::Communicator::world());
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "result_file_writer: %s\n", error.what());
    }
    return 1;
}
