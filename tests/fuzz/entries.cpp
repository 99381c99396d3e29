#include "fuzz/entries.hpp"

#include <algorithm>
#include <cstdint>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/config/node.hpp>

#include "fuzz/require.hpp"
#include "src/store/detail/journal.hpp"

namespace ablatrix::fuzz {

void check_yaml(std::string const& text)
{
    config::Node tree;
    try {
        tree = config::parse_yaml(text, "fuzz.yaml");
    }
    catch (config::ConfigError const&) {
        return;
    }
    std::string const written = tree.to_yaml();
    require(config::parse_yaml(written, "again.yaml").canonical() == tree.canonical(), "to_yaml() keeps the tree");
}

void check_bundle(std::span<std::byte const> bytes)
{
    try {
        auto const again = base::Bundle::parse(bytes).serialise();
        require(std::ranges::equal(again, bytes), "a parsed bundle serialises to its own bytes");
    }
    catch (Error const&) {
    }
}

void check_journal(std::span<std::byte const> bytes)
{
    namespace journal = store::detail;
    journal::JournalBytes source(bytes);
    std::uint64_t end = 0;
    auto const scan = journal::scan_journal(source, [&](journal::JournalRecord const& record) {
        require(record.offset >= end, "records do not overlap");
        end = record.offset + record.payload.size();
        require(end <= bytes.size(), "a record lies within its journal");
        require(base::checksum_of(record.payload) == record.checksum, "a record matches its checksum");
    });
    for (auto const& damage : scan.damage)
        require(damage.offset + damage.bytes <= bytes.size(), "damage lies within its journal");
    require(scan.torn_bytes <= bytes.size(), "a torn tail lies within its journal");
}

}  // namespace ablatrix::fuzz
