#include "output_format.hpp"

#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>

#include "all_ranks.hpp"
#include "build_info.hpp"

namespace ablatrix::app {

Format parse_format(std::string const& name)
{
    std::vector<std::pair<std::string, Format>> const formats = {{"table", Format::table},
                                                                 {"md", Format::markdown},
                                                                 {"csv", Format::csv},
                                                                 {"json", Format::json},
                                                                 {"latex", Format::latex}};
    std::vector<std::string> names;
    for (auto const& [known, format] : formats) {
        if (known == name) return format;
        names.push_back(known);
    }
    throw UsageError("unknown format '" + name + "'." + base::did_you_mean_hint(name, names) +
                     " Known: " + base::join(names, ", ") + ".");
}

std::string format_report(report::Report report, Format format)
{
    auto const facts = build_facts();
    report.origin.code_version = facts.at("version") + " " + facts.at("commit");
    switch (format) {
        case Format::table:
            return report::render_terminal(report.document);
        case Format::markdown:
            return report::render_markdown(report.document);
        case Format::csv:
            return report::to_csv(report);
        case Format::json:
            return report::to_json_lines(report);
        case Format::latex:
            return report::render_latex(report.document);
    }
    return {};
}

ExitCode print_result(
    Arguments const& arguments,
    std::function<report::Report(store::ResultFile const& result, stats::Share const& share)> const& make)
{
    auto const format = parse_format(arguments.get("format", "table"));
    return on_all_ranks([&](stats::Share const& share) {
        auto const result = store::ResultFile::open_readonly(arguments.get("RESULT"));
        return Output{format_report(make(result, share), format), ExitCode::ok};
    });
}

std::vector<std::string> split_commas(std::vector<std::string> const& words)
{
    std::vector<std::string> parts;
    for (auto const& word : words) {
        for (auto const& part : base::split(word, ',')) {
            if (!part.empty()) parts.push_back(part);
        }
    }
    return parts;
}

}  // namespace ablatrix::app
