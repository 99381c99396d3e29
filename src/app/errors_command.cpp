#include <ablatrix/report/errors.hpp>

#include "commands.hpp"
#include "output_format.hpp"

namespace ablatrix::app {

ArgumentParser errors_arguments()
{
    ArgumentParser parser(
        "ablatrix errors RESULT.h5 [options]",
        "Which items are wrong in most seeds: how many seeds get each item right, whether more items are wrong in "
        "every\n"
        "seed than independent errors would give, how far seeds agree, and the items themselves with what every seed\n"
        "said. Looks at the baseline arm and needs only the result file. csv and json list every item.",
        {"ablatrix errors results/quickstart.h5", "ablatrix errors results/sst2.h5 --method none oracle@0.05 --top 50",
         "ablatrix errors results/sst2.h5 --format csv > wrong.csv"});
    parser.positional("RESULT", "result file (write it before --method)")
        .list("method", "NAMES", "methods to look at; default: none and the one with the highest primary metric")
        .list("by", "AXES",
              "axes that make a condition; others are taken as more runs of it. Default: all but the seed and the arms")
        .value("top", "N", "wrong items to list for each condition and method; default 20, 0 lists none")
        .value("format", "FORMAT", format_names);
    return parser;
}

ExitCode errors_command(Arguments const& arguments)
{
    report::ErrorOptions options;
    options.methods = split_commas(arguments.all("method"));
    options.by = split_commas(arguments.all("by"));
    if (arguments.has("top"))
        options.top = static_cast<std::size_t>(parse_integer("--top", arguments.get("top"), 0, 1000000));
    return print_result(arguments, [&](store::ResultFile const& result, stats::Share const&) {
        return report::errors(result, options);
    });
}

}  // namespace ablatrix::app
