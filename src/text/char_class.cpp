#include "detail/char_class.hpp"

#include <memory>

#include <unicode/uchar.h>

namespace ablatrix::text::detail {

namespace {

std::unique_ptr<CharTable const> make_table()
{
    auto table = std::make_unique<CharTable>();
    for (char32_t c = 0; c < table->size(); ++c) {
        auto const code = static_cast<UChar32>(c);
        std::uint32_t const category = U_GET_GC_MASK(code);
        if ((category & U_GC_L_MASK) != 0)
            (*table)[c] = CharClass::letter;
        else if ((category & U_GC_N_MASK) != 0)
            (*table)[c] = CharClass::number;
        else if (u_isUWhiteSpace(code) != 0)
            (*table)[c] = CharClass::space;
    }
    return table;
}

}  // namespace

CharTable const& char_table()
{
    static std::unique_ptr<CharTable const> const table = make_table();
    return *table;
}

}  // namespace ablatrix::text::detail
