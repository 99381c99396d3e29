#include <ablatrix/data/text_columns.hpp>

#include <utility>

#include "detail/read_table.hpp"

namespace ablatrix::data {

std::vector<std::vector<std::string>> load_text_columns(std::filesystem::path const& file,
                                                        std::vector<std::string> const& columns)
{
    auto const name = file.string();
    auto const format = detail::format_of(name);
    auto wanted = columns;
    wanted.emplace_back("sentence");
    auto const table = detail::parse_table(detail::read_bytes(file), name, format, wanted);

    std::vector<std::vector<std::string>> out;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        auto const place = c == 0 ? detail::require_text_column(table, columns[c], name)
                                  : detail::require_column(table, columns[c], name);
        std::vector<std::string> texts;
        texts.reserve(table.rows.size());
        for (auto const& row : table.rows)
            texts.push_back(detail::cell_of(table, row, place, name));
        out.push_back(std::move(texts));
    }
    return out;
}

}  // namespace ablatrix::data
