#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/store/cache.hpp>

#include "commands.hpp"

namespace ablatrix::app {
namespace {

void list_artifacts(store::ArtifactCache const& cache, bool wants_each)
{
    auto artifacts = cache.list();
    report::Document document;
    struct Total
    {
        std::uint64_t count = 0, bytes = 0;
        double cost_s = 0;
        void add(store::ArtifactInfo const& artifact)
        {
            ++count;
            bytes += artifact.bytes;
            cost_s += artifact.cost_s;
        }
    };
    std::map<std::string, Total> kinds;
    Total all;
    for (auto const& artifact : artifacts) {
        kinds[artifact.kind].add(artifact);
        all.add(artifact);
    }
    if (wants_each) {
        std::sort(artifacts.begin(), artifacts.end(),
                  [](auto const& a, auto const& b) { return a.fingerprint < b.fingerprint; });
        report::Table table{"",
                            {{"fingerprint", report::Align::left},
                             {"kind", report::Align::left},
                             {"size", report::Align::right},
                             {"cost", report::Align::right},
                             {"age", report::Align::right}},
                            {}};
        for (auto const& artifact : artifacts) {
            table.rows.push_back({artifact.fingerprint.text(), artifact.kind, base::human_bytes(artifact.bytes),
                                  base::human_seconds(artifact.cost_s),
                                  base::human_seconds(static_cast<double>(artifact.age_s))});
        }
        document.table(std::move(table));
    }
    report::Table table{"",
                        {{"kind", report::Align::left},
                         {"artifacts", report::Align::right},
                         {"size", report::Align::right},
                         {"cost to make", report::Align::right}},
                        {}};
    auto const add_row = [&](std::string const& name, Total const& total) {
        table.rows.push_back(
            {name, std::to_string(total.count), base::human_bytes(total.bytes), base::human_seconds(total.cost_s)});
    };
    for (auto const& [kind, total] : kinds)
        add_row(kind, total);
    add_row("all", all);
    document.table(std::move(table));
    std::fputs(report::render_terminal(document).c_str(), stdout);
}

ExitCode verify_artifacts(store::ArtifactCache const& cache)
{
    auto const report = cache.verify();
    for (auto const& file : report.damaged)
        std::printf("damaged: %s\n", file.string().c_str());
    std::printf("%zu artifacts are whole, %zu damaged%s\n", report.good, report.damaged.size(),
                report.damaged.empty() ? "" : " (set aside; the next run makes them again)");
    return report.damaged.empty() ? ExitCode::ok : ExitCode::some_failed;
}

}  // namespace

ArgumentParser cache_arguments()
{
    ArgumentParser parser(
        "ablatrix cache ls|verify|gc [DIR] [options]",
        "Manages an artifact cache, the folder where finished work is kept for reuse.\n\n"
        "  ls      artifacts by kind with size and what making them took (--each: one line each)\n"
        "  verify  read every artifact and check its checksum; damaged ones are set aside\n"
        "  gc      remove the least recently used artifacts until at most --keep bytes are left",
        {"ablatrix cache ls", "ablatrix cache verify results/.ablatrix-cache", "ablatrix cache gc --keep 10GiB"});
    parser.positional("ACTION", "ls, verify or gc")
        .optional_positional("DIR", "cache folder; default: .ablatrix-cache here")
        .flag("each", "ls: list every artifact")
        .value("keep", "SIZE", "gc: bytes to keep, such as 10GiB or 0");
    return parser;
}

ExitCode cache_command(Arguments const& arguments)
{
    std::vector<std::string> const actions = {"ls", "verify", "gc"};
    std::string const action = arguments.get("ACTION");
    if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
        throw UsageError("unknown action '" + action + "'." + base::did_you_mean_hint(action, actions) +
                         " Known: ls, verify, gc.");
    }
    if (action == "gc" && !arguments.has("keep"))
        throw UsageError("gc needs --keep SIZE, the bytes that may stay (0 removes everything).");

    std::filesystem::path const folder = arguments.get("DIR", ".ablatrix-cache");
    ABLATRIX_VALIDATE(std::filesystem::is_directory(folder),
                      "there is no cache folder '" + folder.string() + "'. Name it: ablatrix cache " + action + " DIR");
    // Opening a cache creates what it lacks: in any other folder that would be litter.
    ABLATRIX_VALIDATE(std::filesystem::is_directory(folder / "artifacts"),
                      "'" + folder.string() +
                          "' is not an artifact cache (it has no folder 'artifacts'). The cache of "
                          "results/x.h5 is results/.ablatrix-cache unless --cache named another.");
    store::ArtifactCache const cache(folder);
    if (action == "verify") return verify_artifacts(cache);
    if (action == "gc") {
        std::printf("removed %s\n",
                    base::human_bytes(cache.collect_garbage(parse_bytes("--keep", arguments.get("keep")))).c_str());
        return ExitCode::ok;
    }
    list_artifacts(cache, arguments.has("each"));
    return ExitCode::ok;
}

}  // namespace ablatrix::app
