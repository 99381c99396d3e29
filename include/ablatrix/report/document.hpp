#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::report {

enum class Align
{
    left,
    right
};

/// Rows of finished texts; every row has one cell a column.
struct Table
{
    struct Column
    {
        std::string title;  ///< may have several lines
        Align align = Align::left;
    };

    std::string title;
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
    std::size_t fixed_columns = 1;  ///< columns repeated when a wide table is split into several
};

/// Headings, paragraphs and tables in reading order.
class Document
{
  public:
    enum class Kind
    {
        heading,
        paragraph,
        bullet,
        table
    };
    struct Block
    {
        Kind kind = Kind::paragraph;
        std::string text;
        Table table;
    };

    void heading(std::string text) { blocks_.push_back({Kind::heading, std::move(text), {}}); }
    void paragraph(std::string text) { blocks_.push_back({Kind::paragraph, std::move(text), {}}); }
    void bullet(std::string text) { blocks_.push_back({Kind::bullet, std::move(text), {}}); }
    void table(Table table) { blocks_.push_back({Kind::table, {}, std::move(table)}); }
    void append(Document const& other);
    std::vector<Block> const& blocks() const noexcept { return blocks_; }

  private:
    std::vector<Block> blocks_;
};

/// Columns that a terminal needs for \p text: code points, wide East Asian ones twice, combining marks not at all.
std::size_t display_width(std::string_view text);

/// Aligned text at most \p width columns wide: paragraphs wrap, wide tables continue below with their first columns
/// repeated, a long last column wraps.
std::string render_terminal(Document const& document, std::size_t width = 100);
std::string render_markdown(Document const& document);
/// Fragments to \\input: booktabs tables, headings as paragraphs.
std::string render_latex(Document const& document);

}  // namespace ablatrix::report
