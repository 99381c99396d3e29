#include <cstdio>

#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"

namespace ablatrix::app {

ArgumentParser diff_arguments()
{
    ArgumentParser parser(
        "ablatrix diff A.h5 B.h5 [options]",
        "Lists what differs between two result files: layout, axes, settings, statuses, ground truth, scores,\n"
        "predictions, metrics. Times, hosts, workers, attempts and cache hits are ignored; numbers are compared bit "
        "by\n"
        "bit. Exit code 0 if nothing differs, 2 if something does.",
        {"ablatrix diff one_rank.h5 four_ranks.h5"});
    parser.positional("A", "result file")
        .positional("B", "result file")
        .value("limit", "N", "differences to list at most, default 20");
    return parser;
}

ExitCode diff_command(Arguments const& arguments)
{
    auto const limit = static_cast<std::size_t>(parse_integer("--limit", arguments.get("limit", "20"), 1, 1000000));
    auto const left = store::ResultFile::open_readonly(arguments.get("A"));
    auto const right = store::ResultFile::open_readonly(arguments.get("B"));
    auto const differences = store::diff(left, right, limit);
    for (auto const& difference : differences) {
        std::printf("%s\n  A: %s\n  B: %s\n", difference.where.c_str(), difference.left.c_str(),
                    difference.right.c_str());
    }
    if (differences.empty()) {
        std::printf("no differences (times and hosts aside)\n");
        return ExitCode::ok;
    }
    if (differences.size() >= limit)
        std::printf("stopped after %zu differences; --limit shows more\n", differences.size());
    return ExitCode::some_failed;
}

}  // namespace ablatrix::app
