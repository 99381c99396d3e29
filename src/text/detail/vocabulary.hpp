#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "piece_hash.hpp"

namespace ablatrix::text::detail {

class JsonNode;

/// Tokens and their ids: spellings in one arena, found through an open-addressing table.
class Vocabulary
{
  public:
    /// Ids stay below this, so that no file can ask for more than a few megabytes by naming one large id.
    static constexpr std::int32_t id_limit = 1 << 21;

    enum class Added
    {
        yes,
        token_known,
        id_known,
        id_out_of_range
    };

    /// {"token": id, ...}. \throws DataError for ids that are negative, huge or used twice
    static Vocabulary from_json(JsonNode const& object);

    Added add(std::string_view token, std::int64_t id);
    /// The id, or -1.
    std::int32_t find(std::string_view token) const noexcept;
    bool has(std::int32_t id) const noexcept
    {
        return id >= 0 && static_cast<std::size_t>(id) < by_id_.size() && by_id_[id] >= 0;
    }
    /// The spelling of an id that has() one.
    std::string_view token(std::int32_t id) const { return spelling(by_id_[static_cast<std::size_t>(id)]); }
    /// One more than the largest id.
    std::int32_t size() const noexcept { return static_cast<std::int32_t>(by_id_.size()); }

  private:
    struct Entry
    {
        std::uint32_t begin = 0;  // in arena_
        std::uint32_t length = 0;
        std::int32_t id = 0;
    };
    struct Slot
    {
        std::uint32_t tag = 0;  // upper half of the hash
        std::int32_t entry = -1;
    };
    std::string_view spelling(std::int32_t entry) const
    {
        Entry const& e = entries_[static_cast<std::size_t>(entry)];
        return {arena_.data() + e.begin, e.length};
    }
    std::size_t slot_of(std::string_view token, std::uint64_t hash) const noexcept;
    void grow();

    std::string arena_;
    std::vector<Entry> entries_;
    std::vector<std::int32_t> by_id_;  // entry, or -1
    std::vector<Slot> slots_;          // a power of two, at most half full
};

}  // namespace ablatrix::text::detail
