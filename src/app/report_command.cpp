#include <filesystem>

#include <ablatrix/report/html_report.hpp>
#include <ablatrix/store/result_file.hpp>

#include "all_ranks.hpp"
#include "commands.hpp"
#include "output_format.hpp"

namespace ablatrix::app {

ArgumentParser report_arguments()
{
    ArgumentParser parser(
        "ablatrix report RESULT.h5 -o DIR [options]",
        "Writes DIR/index.html, one page that opens from disk without a network: findings, figures, tables that sort,\n"
        "costs, failed runs and what ran. Every figure also lies in DIR/figures as SVG, PDF and CSV. Needs only the\n"
        "result file, and gnuplot to draw (Debian package gnuplot-nox).",
        {"ablatrix report results/quickstart.h5 -o results/quickstart-report",
         "ablatrix report results/sst2.h5 -o sst2-report --by noise.type"});
    parser.positional("RESULT", "result file")
        .value("output,o", "DIR", "folder of the report; it is made, and an earlier report in it is replaced")
        .list("by", "AXES",
              "axes that make a condition; others are averaged within a seed. Default: all but the seed and the arms")
        .flag("force", "write into a folder that holds other files; they stay");
    return parser;
}

ExitCode report_command(Arguments const& arguments)
{
    report::HtmlOptions options;
    options.folder = arguments.get("output");
    options.is_forced = arguments.has("force");
    options.summary.by = split_commas(arguments.all("by"));
    if (options.folder.empty()) throw UsageError("where to? Give the folder of the report: -o DIR.");
    return on_all_ranks([&](stats::Share const& share) {
        options.summary.share = share;
        auto const result = store::ResultFile::open_readonly(arguments.get("RESULT"));
        if (share.rank == 0)
            report::write_html_report(result, options);
        else  // to resample with rank 0, whose page begins with this summary
            report::summarize(result, options.summary);
        return Output{(options.folder / "index.html").string() + "\n", ExitCode::ok};
    });
}

}  // namespace ablatrix::app
