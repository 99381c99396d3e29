#include <ablatrix/report/document.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace ablatrix::report {
namespace {

/// Decode one code point at \p at and move on; an invalid byte counts as one character.
std::uint32_t next_code_point(std::string_view text, std::size_t& at)
{
    auto const lead = static_cast<unsigned char>(text[at++]);
    int const extra = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    std::uint32_t code = extra == 3 ? lead & 0x07U : extra == 2 ? lead & 0x0FU : extra == 1 ? lead & 0x1FU : lead;
    for (int i = 0; i < extra && at < text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[at]);
        if ((byte & 0xC0U) != 0x80U) break;
        code = (code << 6U) | (byte & 0x3FU);
        ++at;
    }
    return code;
}

bool is_wide(std::uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

bool is_zero_width(std::uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

std::string padded(std::string const& text, std::size_t width, Align align)
{
    std::string const space(width - std::min(width, display_width(text)), ' ');
    return align == Align::left ? text + space : space + text;
}

/// Break \p text at spaces into lines of at most \p width columns; a longer word is broken anywhere.
std::vector<std::string> wrapped(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines;
    std::string line;
    std::size_t line_width = 0;
    std::size_t at = 0;
    auto const flush = [&] {
        lines.push_back(line);
        line.clear();
        line_width = 0;
    };
    while (at < text.size()) {
        if (text[at] == '\n') {
            flush();
            ++at;
            continue;
        }
        if (text[at] == ' ') {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && text[end] != ' ' && text[end] != '\n')
            ++end;
        std::string_view word = text.substr(at, end - at);
        std::size_t const word_width = display_width(word);
        if (line_width > 0 && line_width + 1 + word_width > width) flush();
        if (line_width > 0) {
            line += ' ';
            ++line_width;
        }
        if (word_width <= width) {
            line += word;
            line_width += word_width;
        }
        else {
            for (std::size_t i = 0; i < word.size();) {
                std::size_t const begin = i;
                next_code_point(word, i);
                std::string_view const character = word.substr(begin, i - begin);
                if (line_width + display_width(character) > width) flush();
                line += character;
                line_width += display_width(character);
            }
        }
        at = end;
    }
    if (line_width > 0 || lines.empty()) flush();
    return lines;
}

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_text = 20;  ///< columns in which running text can still be read

/// Groups of column indices, each narrow enough for \p width, each starting with the fixed columns.
std::vector<std::vector<std::size_t>> split_columns(Table const& table, std::vector<std::size_t> const& widths,
                                                    std::size_t width)
{
    std::size_t const fixed = std::min(table.fixed_columns, table.columns.size());
    std::vector<std::size_t> first(fixed);
    std::iota(first.begin(), first.end(), std::size_t{0});
    std::size_t fixed_width = 0;
    for (auto const i : first)
        fixed_width += widths[i] + gap;

    std::vector<std::vector<std::size_t>> groups = {first};
    std::size_t used = fixed_width;
    for (std::size_t i = fixed; i < table.columns.size(); ++i) {
        bool const has_free_column = groups.back().size() > fixed;
        if (has_free_column && used + widths[i] > width) {
            groups.push_back(first);
            used = fixed_width;
        }
        groups.back().push_back(i);
        used += widths[i] + gap;
    }
    return groups;
}

std::string rstripped(std::string line)
{
    while (!line.empty() && line.back() == ' ')
        line.pop_back();
    return line;
}

std::vector<std::string> title_lines(Table::Column const& column)
{
    std::vector<std::string> lines(1);
    for (char const c : column.title) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    return lines;
}

std::string terminal_table(Table const& table, std::size_t width)
{
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        std::size_t widest = 0;
        for (auto const& line : title_lines(table.columns[i]))
            widest = std::max(widest, display_width(line));
        for (auto const& row : table.rows)
            widest = std::max(widest, display_width(row[i]));
        widths.push_back(widest);
    }
    std::string text;
    // A long last column of plain text wraps in place rather than pushing itself into a group of its own.
    if (!table.columns.empty() && table.columns.back().align == Align::left) {
        std::size_t others = 0;
        for (std::size_t i = 0; i + 1 < widths.size(); ++i)
            others += widths[i] + gap;
        if (others + narrowest_text <= width) widths.back() = std::min(widths.back(), width - others);
    }
    bool is_first_group = true;
    for (auto const& group : split_columns(table, widths, width)) {
        if (!is_first_group) text += "\n";
        if (!table.title.empty()) {
            for (auto const& line : wrapped(table.title + (is_first_group ? "" : " (continued)"), width))
                text += line + "\n";
        }
        is_first_group = false;
        std::size_t head_lines = 1;
        std::size_t total = 0;
        for (auto const i : group) {
            head_lines = std::max(head_lines, title_lines(table.columns[i]).size());
            total += widths[i] + gap;
        }
        for (std::size_t line = 0; line < head_lines; ++line) {
            std::string head;
            for (auto const i : group) {
                // Short titles stand on the last line, next to the rows.
                auto const lines = title_lines(table.columns[i]);
                std::size_t const skipped = head_lines - lines.size();
                head += padded(line < skipped ? "" : lines[line - skipped], widths[i], table.columns[i].align) +
                        std::string(gap, ' ');
            }
            text += rstripped(head) + "\n";
        }
        std::string rule;
        for (std::size_t i = 0; i + gap < total; ++i)
            rule += "─";
        text += rule + "\n";
        for (auto const& row : table.rows) {
            std::string line;
            std::size_t offset = 0;
            std::vector<std::string> overflow;
            for (auto const i : group) {
                auto lines = wrapped(row[i], std::max<std::size_t>(widths[i], 1));
                if (display_width(row[i]) <= widths[i]) lines = {row[i]};
                line += padded(lines.front(), widths[i], table.columns[i].align) + std::string(gap, ' ');
                if (lines.size() > 1) {
                    for (std::size_t j = 1; j < lines.size(); ++j)
                        overflow.push_back(std::string(offset, ' ') + lines[j]);
                }
                offset += widths[i] + gap;
            }
            text += rstripped(line) + "\n";
            for (auto const& more : overflow)
                text += rstripped(more) + "\n";
        }
    }
    return text;
}

std::string escaped_markdown(std::string const& text)
{
    std::string out;
    for (char const c : text) {
        if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string markdown_table(Table const& table)
{
    std::string text;
    if (!table.title.empty()) text += "**" + escaped_markdown(table.title) + "**\n\n";
    text += "|";
    for (auto const& column : table.columns)
        text += " " + escaped_markdown(column.title) + " |";
    text += "\n|";
    for (auto const& column : table.columns)
        text += column.align == Align::right ? " ---: |" : " --- |";
    text += "\n";
    for (auto const& row : table.rows) {
        text += "|";
        for (auto const& cell : row)
            text += " " + escaped_markdown(cell) + " |";
        text += "\n";
    }
    return text;
}

std::string escaped_latex(std::string const& text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (text.compare(i, 2, "±") == 0) {
            out += "$\\pm$";
            ++i;
        }
        else if (text.compare(i, 3, "−") == 0) {
            out += "$-$";
            i += 2;
        }
        else if (text.compare(i, 3, "…") == 0) {
            out += "\\ldots{}";
            i += 2;
        }
        else if (c == '\n') {
            out += ' ';
        }
        else if (c == '\\') {
            out += "\\textbackslash{}";
        }
        else if (c == '~') {
            out += "\\textasciitilde{}";
        }
        else if (c == '^') {
            out += "\\textasciicircum{}";
        }
        else if (c == '<') {
            out += "$<$";
        }
        else if (c == '>') {
            out += "$>$";
        }
        else {
            if (std::string_view{"&%$#_{}"}.find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
    }
    return out;
}

std::string latex_table(Table const& table)
{
    std::string text = "\\begin{table}\n\\centering\n";
    if (!table.title.empty()) text += "\\caption{" + escaped_latex(table.title) + "}\n";
    text += "\\begin{tabular}{";
    for (auto const& column : table.columns)
        text += column.align == Align::right ? 'r' : 'l';
    text += "}\n\\toprule\n";
    auto const add_row = [&](auto const& cells, auto const& text_of) {
        bool first = true;
        for (auto const& cell : cells) {
            if (!first) text += " & ";
            // A leading bracket would be read as the optional argument of the row break before it.
            std::string const content = escaped_latex(text_of(cell));
            text += first && content.starts_with("[") ? "{}" + content : content;
            first = false;
        }
        text += " \\\\\n";
    };
    add_row(table.columns, [](Table::Column const& column) -> std::string const& { return column.title; });
    text += "\\midrule\n";
    for (auto const& row : table.rows)
        add_row(row, [](std::string const& cell) -> std::string const& { return cell; });
    return text + "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

}  // namespace

void Document::append(Document const& other)
{
    blocks_.insert(blocks_.end(), other.blocks_.begin(), other.blocks_.end());
}

std::size_t display_width(std::string_view text)
{
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t const c = next_code_point(text, at);
        width += is_zero_width(c) ? 0 : is_wide(c) ? 2 : 1;
    }
    return width;
}

std::string render_terminal(Document const& document, std::size_t width)
{
    std::string text;
    auto previous = Document::Kind::heading;
    for (auto const& block : document.blocks()) {
        bool const is_list_going_on = block.kind == Document::Kind::bullet && previous == Document::Kind::bullet;
        bool const is_under_heading = previous == Document::Kind::heading;
        if (!text.empty() && !is_list_going_on && !is_under_heading) text += "\n";
        switch (block.kind) {
            case Document::Kind::heading: {
                text += block.text + "\n";
                for (std::size_t i = 0; i < std::min(width, display_width(block.text)); ++i)
                    text += "═";
                text += "\n";
                break;
            }
            case Document::Kind::paragraph:
                for (auto const& line : wrapped(block.text, width))
                    text += line + "\n";
                break;
            case Document::Kind::bullet: {
                bool first = true;
                for (auto const& line : wrapped(block.text, width - 2)) {
                    text += (first ? "• " : "  ") + line + "\n";
                    first = false;
                }
                break;
            }
            case Document::Kind::table:
                text += terminal_table(block.table, width);
                break;
        }
        previous = block.kind;
    }
    return text;
}

std::string render_markdown(Document const& document)
{
    std::string text;
    auto previous = Document::Kind::heading;
    for (auto const& block : document.blocks()) {
        bool const is_list_going_on = block.kind == Document::Kind::bullet && previous == Document::Kind::bullet;
        if (!text.empty() && !is_list_going_on) text += "\n";
        switch (block.kind) {
            case Document::Kind::heading:
                text += "## " + escaped_markdown(block.text) + "\n";
                break;
            case Document::Kind::paragraph:
                text += escaped_markdown(block.text) + "\n";
                break;
            case Document::Kind::bullet:
                text += "- " + escaped_markdown(block.text) + "\n";
                break;
            case Document::Kind::table:
                text += markdown_table(block.table);
                break;
        }
        previous = block.kind;
    }
    return text;
}

std::string render_latex(Document const& document)
{
    std::string text = "% Needs \\usepackage{booktabs}\n";
    for (auto const& block : document.blocks()) {
        switch (block.kind) {
            case Document::Kind::heading:
                text += "\\paragraph{" + escaped_latex(block.text) + "}\n";
                break;
            case Document::Kind::paragraph:
            case Document::Kind::bullet:
                text += escaped_latex(block.text) + "\n\n";
                break;
            case Document::Kind::table:
                text += latex_table(block.table) + "\n";
                break;
        }
    }
    return text;
}

}  // namespace ablatrix::report
