#include "src/store/detail/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/small_mount.hpp"

namespace ablatrix::store::detail {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t heads_bytes = 2 * 64;
constexpr std::size_t record_head_bytes = 56;

JournalHeader sample_header()
{
    return {{1, 2}, {3, 4}, 5, 6};
}

std::string payload(std::size_t i)
{
    return std::string(10 + i, static_cast<char>('a' + i));
}

std::span<std::byte const> bytes_of(std::string const& text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string contents_of(fs::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

struct Read
{
    JournalScan scan;
    std::vector<std::string> payloads;
    std::vector<std::uint64_t> rows;
};

Read read(std::string const& text)
{
    Read read;
    JournalBytes bytes(bytes_of(text));
    read.scan = scan_journal(bytes, [&](JournalRecord const& record) {
        read.payloads.emplace_back(reinterpret_cast<char const*>(record.payload.data()), record.payload.size());
        read.rows.push_back(record.key.row);
    });
    return read;
}

class JournalTest : public testing::Test
{
  protected:
    fs::path path() const { return folder_.path() / "journal.log"; }
    /// Three records.
    std::string sample(bool finished) const
    {
        fs::remove(path());
        JournalWriter writer(path(), sample_header());
        for (std::size_t i = 0; i < 3; ++i)
            writer.append({JournalTable::column, 7, i}, bytes_of(payload(i)));
        if (finished) writer.finish();
        return contents_of(path());
    }
    /// Where record \p i of sample() begins.
    static std::size_t record_begin(std::size_t i)
    {
        std::size_t at = heads_bytes;
        for (std::size_t before = 0; before < i; ++before)
            at += record_head_bytes + payload(before).size();
        return at;
    }

    test::TemporaryFolder folder_;
};

TEST_F(JournalTest, returns_header_and_records_in_order)
{
    auto const text = sample(true);

    auto const found = read(text);

    EXPECT_EQ(found.scan.header, sample_header());
    EXPECT_THAT(found.payloads, ElementsAre(payload(0), payload(1), payload(2)));
    EXPECT_THAT(found.rows, ElementsAre(0U, 1U, 2U));
    EXPECT_TRUE(found.scan.finished);
    EXPECT_THAT(found.scan.damage, IsEmpty());
    EXPECT_EQ(found.scan.torn_bytes, 0U);
}

TEST_F(JournalTest, reads_a_file_as_it_reads_memory)
{
    sample(true);
    JournalBytes bytes(path());
    std::vector<JournalRecord> records;

    scan_journal(bytes, [&](JournalRecord const& record) { records.push_back(record); });

    ASSERT_THAT(records, SizeIs(3));
    EXPECT_EQ(records[1].key, (RowKey{JournalTable::column, 7, 1}));
    EXPECT_EQ(records[1].sequence, 1U);
    EXPECT_EQ(records[1].offset, record_begin(1) + record_head_bytes);
}

TEST_F(JournalTest, a_journal_cut_anywhere_holds_the_records_before_the_cut)
{
    auto const whole = sample(false);
    for (std::size_t size = heads_bytes; size <= whole.size(); ++size) {
        std::size_t complete = 0;
        while (complete < 3 && record_begin(complete + 1) <= size)
            ++complete;

        auto const found = read(whole.substr(0, size));

        ASSERT_EQ(found.payloads.size(), complete) << size;
        ASSERT_EQ(found.scan.torn_bytes, size - record_begin(complete)) << size;
        ASSERT_THAT(found.scan.damage, IsEmpty()) << size;
    }
}

TEST_F(JournalTest, any_flipped_bit_of_a_record_costs_that_record_alone_and_is_reported)
{
    auto const whole = sample(true);
    for (std::size_t bit = 8 * record_begin(1); bit < 8 * record_begin(2); ++bit) {
        auto text = whole;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));

        auto const found = read(text);

        ASSERT_THAT(found.payloads, ElementsAre(payload(0), payload(2))) << bit;
        ASSERT_THAT(found.scan.damage, SizeIs(1)) << bit;
        ASSERT_EQ(found.scan.damage[0].offset, record_begin(1)) << bit;
        ASSERT_EQ(found.scan.damage[0].bytes, record_begin(2) - record_begin(1)) << bit;
        ASSERT_EQ(found.scan.lost_records, 1U) << bit;
    }
}

TEST_F(JournalTest, a_damaged_last_record_of_a_closed_journal_is_damage_and_of_a_killed_one_a_torn_tail)
{
    auto closed = sample(true);
    closed[record_begin(2) + record_head_bytes] ^= 1;
    auto killed = sample(false);
    killed[record_begin(2) + record_head_bytes] ^= 1;

    EXPECT_THAT(read(closed).scan.damage, SizeIs(1));
    EXPECT_EQ(read(closed).scan.torn_bytes, 0U);
    EXPECT_THAT(read(killed).scan.damage, IsEmpty());
    EXPECT_EQ(read(killed).scan.torn_bytes, record_head_bytes + payload(2).size());
}

TEST_F(JournalTest, survives_the_loss_of_one_header_but_not_of_both)
{
    auto text = sample(true);
    text[20] ^= 1;
    EXPECT_THAT(read(text).payloads, SizeIs(3));

    text[64 + 20] ^= 1;
    EXPECT_THAT(read(text).payloads, IsEmpty());
    EXPECT_FALSE(read(text).scan.header.has_value());
}

TEST_F(JournalTest, does_not_take_a_record_of_another_journal)
{
    auto const ours = sample(false);
    fs::remove(path());
    JournalWriter other(path(), {{1, 2}, {3, 4}, 5, 7});  // a later start
    for (std::size_t i = 0; i < 4; ++i)
        other.append({JournalTable::column, 7, i}, bytes_of("another"));
    auto const theirs = contents_of(path());

    auto const found = read(ours + theirs.substr(heads_bytes + 3 * (record_head_bytes + 7)));

    EXPECT_THAT(found.payloads, SizeIs(3));
    EXPECT_EQ(found.scan.torn_bytes, record_head_bytes + 7);
}

TEST_F(JournalTest, does_not_take_a_record_twice)
{
    auto const whole = sample(true);
    auto const second = whole.substr(record_begin(1), record_begin(2) - record_begin(1));

    auto const found = read(whole.substr(0, record_begin(2)) + second + whole.substr(record_begin(2)));

    EXPECT_THAT(found.payloads, ElementsAre(payload(0), payload(1), payload(2)));
    EXPECT_THAT(found.scan.damage, SizeIs(1));
    EXPECT_EQ(found.scan.lost_records, 0U);
}

TEST_F(JournalTest, does_not_write_over_a_journal)
{
    sample(true);

    EXPECT_THAT([&] { JournalWriter(path(), sample_header()); },
                testing::ThrowsMessage<Error>(HasSubstr("Another job is writing the same result file")));
}

TEST_F(JournalTest, a_full_disk_is_an_error_and_leaves_whole_records_only)
{
    test::SmallMount const mount("size=64k");
    if (!mount.is_mounted()) GTEST_SKIP() << "mounting needs root";
    JournalWriter writer(mount.path() / "journal.log", sample_header());
    {
        std::ofstream(mount.path() / "ballast") << std::string(20'000, 'x');
    }
    std::string const large(9'000, 'r');
    std::size_t written = 0;
    std::string problem;
    while (problem.empty() && written < 100) {
        try {
            writer.append({JournalTable::run, 0, written}, bytes_of(large));
            ++written;
        }
        catch (Error const& error) {
            problem = error.what();
        }
    }
    EXPECT_THAT(problem, HasSubstr("No space left on device"));
    EXPECT_GT(written, 0U);

    fs::remove(mount.path() / "ballast");
    writer.append({JournalTable::run, 0, written}, bytes_of(large));
    writer.finish();

    auto const found = read(contents_of(mount.path() / "journal.log"));
    EXPECT_THAT(found.payloads, SizeIs(written + 1));
    EXPECT_THAT(found.scan.damage, IsEmpty());
    EXPECT_TRUE(found.scan.finished);
}

}  // namespace
}  // namespace ablatrix::store::detail
