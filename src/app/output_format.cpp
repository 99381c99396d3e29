#include "output_format.hpp"

#include <cstdio>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/report/document.hpp>

#include "arguments.hpp"
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

void print_report(report::Report report, Format format)
{
    auto const facts = build_facts();
    report.origin.code_version = facts.at("version") + " " + facts.at("commit");
    std::string text;
    switch (format) {
        case Format::table:
            text = report::render_terminal(report.document);
            break;
        case Format::markdown:
            text = report::render_markdown(report.document);
            break;
        case Format::csv:
            text = report::to_csv(report);
            break;
        case Format::json:
            text = report::to_json_lines(report);
            break;
        case Format::latex:
            text = report::render_latex(report.document);
            break;
    }
    std::fputs(text.c_str(), stdout);
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
