#include "detail/vocabulary.hpp"

#include <bit>
#include <cstddef>
#include <limits>

#include <ablatrix/base/error.hpp>

#include "detail/json_node.hpp"

namespace ablatrix::text::detail {

std::size_t Vocabulary::slot_of(std::string_view token, std::uint64_t hash) const noexcept
{
    std::size_t const mask = slots_.size() - 1;
    auto const tag = static_cast<std::uint32_t>(hash >> 32U);
    std::size_t slot = hash & mask;
    while (slots_[slot].entry >= 0 && (slots_[slot].tag != tag || spelling(slots_[slot].entry) != token))
        slot = (slot + 1) & mask;
    return slot;
}

std::int32_t Vocabulary::find(std::string_view token) const noexcept
{
    if (slots_.empty()) return -1;
    std::int32_t const entry = slots_[slot_of(token, piece_hash(token))].entry;
    return entry < 0 ? -1 : entries_[static_cast<std::size_t>(entry)].id;
}

void Vocabulary::grow()
{
    slots_.assign(std::bit_ceil(entries_.size() * 4 + 16), Slot{});
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        std::string_view const token = spelling(static_cast<std::int32_t>(i));
        std::uint64_t const hash = piece_hash(token);
        slots_[slot_of(token, hash)] = {static_cast<std::uint32_t>(hash >> 32U), static_cast<std::int32_t>(i)};
    }
}

Vocabulary::Added Vocabulary::add(std::string_view token, std::int64_t id)
{
    if (id < 0 || id >= id_limit) return Added::id_out_of_range;
    ABLATRIX_EXPECT(arena_.size() + token.size() <= std::numeric_limits<std::uint32_t>::max());
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    std::uint64_t const hash = piece_hash(token);
    std::size_t const slot = slot_of(token, hash);
    if (slots_[slot].entry >= 0) return Added::token_known;
    auto const index = static_cast<std::size_t>(id);
    if (index >= by_id_.size()) by_id_.resize(index + 1, -1);
    if (by_id_[index] >= 0) return Added::id_known;
    auto const entry = static_cast<std::int32_t>(entries_.size());
    entries_.push_back({static_cast<std::uint32_t>(arena_.size()), static_cast<std::uint32_t>(token.size()),
                        static_cast<std::int32_t>(id)});
    arena_.append(token);
    by_id_[index] = entry;
    slots_[slot] = {static_cast<std::uint32_t>(hash >> 32U), entry};
    return Added::yes;
}

Vocabulary Vocabulary::from_json(JsonNode const& object)
{
    Vocabulary vocabulary;
    for (auto const& [token, value] : object.object().raw().items()) {
        // clang before 16 captures no bindings by itself.
        auto const here = [&, &token = token, &value = value] {
            return JsonNode(value, object.file(), object.path() + "['" + token + "']");
        };
        if (!value.is_number_integer()) here().integer(0, id_limit - 1);
        switch (vocabulary.add(token, value.get<std::int64_t>())) {
            case Added::yes:
                break;
            case Added::id_known:
                here().fail("id " + value.dump() + " is used twice");
            case Added::token_known:
                here().fail("the token is there twice");
            case Added::id_out_of_range:
                here().integer(0, id_limit - 1);
        }
    }
    return vocabulary;
}

}  // namespace ablatrix::text::detail
