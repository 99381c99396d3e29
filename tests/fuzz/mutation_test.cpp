#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>

#include "fuzz/entries.hpp"
#include "fuzz/mutate.hpp"
#include "src/store/detail/journal.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::fuzz {

namespace {

void report(std::uint64_t index, std::string const& input)
{
    ADD_FAILURE() << "mutation " << index << " of " << input.size() << " bytes: " << testing::PrintToString(input);
}

std::vector<std::string> yaml_seeds()
{
    return {
        "name: quickstart\njob: ecg\nparameters:\n  noise: {type: uniform, rate: 0.1}\n  data:\n    n_train: 500\n",
        "grid:\n  product: {seed: [1, 2], noise.rate: [0, 0.10, .2]}\n  zip:\n    - a: [1, 2]\n      b: ['x', "
        "\"y\\n\"]\n",
        "base: &a [1, 2, {c: ~}]\ncopy: *a\ntext: |\n  two\n  lines\nfolded: >-\n  one\n  line\n",
        "---\n# comment\n? key\n: value\nempty: {}\nlist: []\nquoted: \"null\"\nbig: 123456789012345678901234567890\n",
    };
}

std::string serialised(base::Bundle const& bundle)
{
    auto const bytes = bundle.serialise();
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

std::vector<std::string> bundle_seeds()
{
    base::Bundle all;
    all.put("f", std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
    all.put("d", std::vector<double>{1.5});
    all.put("i", std::vector<std::int32_t>{-1, 7});
    all.put("l", std::vector<std::int64_t>{1, 2, 3});
    all.put("u", std::vector<std::uint8_t>{0, 1}, {1, 2, 1});
    all.put("s", std::vector<std::string>{"", "two", "three\n"});
    base::Bundle empty;
    base::Bundle hollow;
    hollow.put("none", std::vector<double>{}, {0, 5});
    return {serialised(all), serialised(empty), serialised(hollow)};
}

/// A row with its contents.
std::string named(std::uint64_t row, std::span<std::byte const> payload)
{
    return std::to_string(row) + ":" + std::string(reinterpret_cast<char const*>(payload.data()), payload.size());
}

/// Two journals of one result; what was \p written, as named() tells it.
std::vector<std::string> journal_seeds(std::set<std::string>& written)
{
    test::TemporaryFolder const folder;
    std::vector<std::string> seeds;
    for (std::uint32_t rank : {0U, 1U}) {
        auto const path = folder.path() / std::to_string(rank);
        store::detail::JournalWriter writer(path, {{1, 2}, {3, 4}, rank, 1});
        for (std::uint64_t row = 0; row < 6; ++row) {
            std::string const payload(row * 9, static_cast<char>('a' + row + rank));
            writer.append({store::detail::JournalTable::run, 0, row}, as_bytes(payload));
            written.insert(named(row, as_bytes(payload)));
        }
        if (rank == 0) writer.finish();
        std::ifstream stream(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    return seeds;
}

}  // namespace

TEST(Mutations, yaml_is_a_tree_or_a_config_error)
{
    auto const seeds = yaml_seeds();
    for (std::string const& seed : seeds)
        ASSERT_NO_THROW(check_yaml(seed));
    for_each_mutation(seeds, 4000, "yaml", check_yaml, report);
}

TEST(Mutations, bytes_are_a_bundle_or_an_error)
{
    auto const seeds = bundle_seeds();
    for_each_mutation(
        seeds, 20000, "bundle", [](std::string const& text) { check_bundle(as_bytes(text)); }, report);
}

TEST(Mutations, no_record_of_a_damaged_journal_is_another_than_was_written)
{
    std::set<std::string> written;
    auto const seeds = journal_seeds(written);
    for_each_mutation(
        seeds, 20000, "journal",
        [&](std::string const& text) {
            check_journal(as_bytes(text));
            store::detail::JournalBytes bytes(as_bytes(text));
            scan_journal(bytes, [&](auto const& record) {
                if (!written.contains(named(record.key.row, record.payload)))
                    throw std::logic_error("a record that nobody wrote");
            });
        },
        report);
}

TEST(Mutations, every_prefix_of_a_bundle_is_refused)
{
    std::string const whole = bundle_seeds().front();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::string const part = whole.substr(0, size);
        EXPECT_THROW(base::Bundle::parse(as_bytes(part)), Error) << size << " bytes";
    }
}

TEST(Mutations, equal_numbers_give_equal_inputs)
{
    auto const seeds = yaml_seeds();
    EXPECT_EQ(Mutator("x", 3).mutate(seeds), Mutator("x", 3).mutate(seeds));
    EXPECT_NE(Mutator("x", 3).mutate(seeds), Mutator("x", 4).mutate(seeds));
}

}  // namespace ablatrix::fuzz
