#include <ablatrix/base/error.hpp>
#include <ablatrix/config/node.hpp>
#include <ablatrix/report/gates.hpp>
#include <ablatrix/store/result_file.hpp>

#include "all_ranks.hpp"
#include "commands.hpp"
#include "output_format.hpp"

namespace ablatrix::app {

ArgumentParser gates_arguments()
{
    ArgumentParser parser(
        "ablatrix gates RESULT.h5 [options]",
        "Judges the rules that an experiment declares under 'gates', from the result file alone: pass, fail or\n"
        "undecidable, with the reason and what would settle it. Exit code 0 when every gate passes, 3 when one fails "
        "or\n"
        "cannot be decided.",
        {"ablatrix gates results/quickstart.h5", "ablatrix gates results/sst2.h5 --rules later.yaml",
         "ablatrix gates results/sst2.h5 --format json > gates.jsonl"});
    parser.positional("RESULT", "result file")
        .value("rules", "FILE", "YAML with a list of gates, or an experiment file; instead of the rules in the result")
        .value("format", "FORMAT", format_names);
    return parser;
}

ExitCode gates_command(Arguments const& arguments)
{
    auto const format = parse_format(arguments.get("format", "table"));
    return on_all_ranks([&](stats::Share const& share) {
        auto const result = store::ResultFile::open_readonly(arguments.get("RESULT"));
        bool const is_given = arguments.has("rules");
        auto const rules = is_given ? report::gates_for(result, config::load_yaml(arguments.get("rules")))
                                    : report::stored_gates(result);
        ABLATRIX_VALIDATE(!rules.empty(), is_given ? "no gates in '" + arguments.get("rules") + "'. List some."
                                                   : "'" + arguments.get("RESULT") +
                                                         "' has no gates. Give some with --rules FILE; "
                                                         "docs/experiment-file.md says how they are written.");
        report::GateOptions options;
        options.share = share;
        auto const judged = report::gates(result, rules, options);
        return Output{format_report(judged.report, format),
                      judged.outcome == stats::Outcome::pass ? ExitCode::ok : ExitCode::gate_failed};
    });
}

}  // namespace ablatrix::app
