#include <algorithm>
#include <string>

#include <ablatrix/report/comparison.hpp>

#include "commands.hpp"
#include "output_format.hpp"

namespace ablatrix::app {

ArgumentParser compare_arguments()
{
    ArgumentParser parser("ablatrix compare RESULT.h5 --arms A B ... | --methods A B ... [options]",
                          "Paired comparison on the same seeds and items: every later arm (or method) minus the first "
                          "one. Shows the paired\n"
                          "difference with its interval over seeds and, per seed, over items; exact McNemar tests on "
                          "predictions and on the\n"
                          "decision which rows to flag; and p-values adjusted within each family (Holm).",
                          {"ablatrix compare results/sst2.h5 --arms full no-stability",
                           "ablatrix compare results/sst2.h5 --methods self_confidence aum --arm full",
                           "ablatrix compare results/sst2.h5 --arms full no-stability no-dynamics --format latex"});
    parser.positional("RESULT", "result file (write it before --arms)")
        .list("arms", "ARMS", "two or more arms; the first is the one compared with")
        .list("methods", "METHODS", "two or more methods of one arm; the first is the one compared with")
        .value("arm", "ARM", "with --methods: the arm to look at; default: the baseline arm")
        .list("by", "AXES", "axes that make a condition; default: all but the seed and the arms")
        .list("metrics", "NAMES", "metrics to compare; default: the primary metric of each item set")
        .value("resamples", "N", "bootstrap resamples per seed; default: as the experiment says")
        .value("format", "FORMAT", format_names);
    return parser;
}

ExitCode compare_command(Arguments const& arguments)
{
    report::CompareOptions options;
    options.arms = split_commas(arguments.all("arms"));
    options.methods = split_commas(arguments.all("methods"));
    options.arm = arguments.get("arm");
    options.by = split_commas(arguments.all("by"));
    options.metrics = split_commas(arguments.all("metrics"));
    if (arguments.has("resamples")) {
        options.resamples =
            static_cast<std::size_t>(parse_integer("--resamples", arguments.get("resamples"), 100, 10000000));
    }
    if (options.arms.empty() == options.methods.empty())
        throw UsageError("compare what? Give either --arms A B ... or --methods A B ...");
    if (options.arms.size() == 1 || options.methods.size() == 1)
        throw UsageError("a comparison needs at least two names after --arms or --methods.");
    for (auto const* names : {&options.arms, &options.methods}) {
        for (auto name = names->begin(); name != names->end(); ++name) {
            if (std::find(names->begin(), name, *name) != name)
                throw UsageError("'" + *name + "' is named twice; a comparison needs different names.");
        }
    }
    if (arguments.has("arm") && options.methods.empty())
        throw UsageError("--arm says which arm --methods are taken from; with --arms it has no meaning.");
    return print_result(arguments, [&](store::ResultFile const& result, stats::Share const& share) {
        options.share = share;
        return report::compare(result, options);
    });
}

}  // namespace ablatrix::app
