#include <ablatrix/report/summary.hpp>

#include "commands.hpp"
#include "output_format.hpp"

namespace ablatrix::app {

ArgumentParser summarize_arguments()
{
    ArgumentParser parser(
        "[mpirun -n RANKS] ablatrix summarize RESULT.h5 [options]",
        "Says what the grid shows: for each condition which method leads and whether it is separated from the "
        "runner-up,\n"
        "then every method with its mean over seeds and interval, the ablations against the baseline arm, and McNemar\n"
        "tests. Needs only the result file. csv and json give one record a number, with everything that was computed.",
        {"ablatrix summarize results/quickstart.h5",
         "ablatrix summarize results/sst2.h5 --by noise.type --metrics auroc tnr_at_95",
         "ablatrix summarize results/sst2.h5 --format csv > sst2.csv"});
    parser.positional("RESULT", "result file")
        .list("by", "AXES",
              "axes that make a condition; others are averaged within a seed. Default: all but the seed and the arms")
        .list("metrics", "NAMES", "metrics to show, the first leads; default: the job's primary metric and two more")
        .value("format", "FORMAT", format_names)
        .flag("short", "findings and primary metric only");
    return parser;
}

ExitCode summarize_command(Arguments const& arguments)
{
    report::SummaryOptions options;
    options.by = split_commas(arguments.all("by"));
    options.metrics = split_commas(arguments.all("metrics"));
    options.is_short = arguments.has("short");
    return print_result(arguments, [&](store::ResultFile const& result, stats::Share const& share) {
        options.share = share;
        return report::summarize(result, options);
    });
}

}  // namespace ablatrix::app
