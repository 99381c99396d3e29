#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>

#include "file_io.hpp"

/// \file
/// A journal is an append-only file of one rank and one start of the program (docs/result-file.md, "Journals").
///
/// Little-endian. Twice the header of 64 bytes, then records: a head of 56 bytes and a payload. The head's checksum
/// also covers the header's, so that a record of another journal is not taken for one of this.

namespace ablatrix::store::detail {

enum class JournalTable : std::uint8_t
{
    layout,  ///< payload: layout_bytes()
    truth,
    column,
    run,
    stage,
    end  ///< the writer has closed the journal: nothing follows
};

/// Which row of the result file a record is about.
struct RowKey
{
    JournalTable table = JournalTable::end;
    std::uint16_t item_set = 0;
    std::uint64_t row = 0;
    auto operator<=>(RowKey const&) const = default;
};

/// Whose rows: a result file has one plan and one layout.
struct JournalHeader
{
    base::Fingerprint plan, layout;
    std::uint32_t rank = 0;
    std::uint32_t start = 0;  ///< number of the start: 1 for the first, one more for every resume; 0 for the layout
    bool operator==(JournalHeader const&) const = default;
};

/// Where a record's payload lies, and when it was written.
struct JournalRecord
{
    RowKey key;
    std::uint64_t sequence = 0;
    std::int64_t time_ns = 0;            ///< since 1970-01-01 UTC
    std::uint64_t offset = 0;            ///< of the payload in the file
    std::uint64_t checksum = 0;          ///< XXH3-64 of the payload; for rows that of the row in the result file
    std::span<std::byte const> payload;  ///< for rows: the status byte, then the fields in the order of their checksum
};

/// Appends records to a new file. Move-only; used from one thread.
///
/// A failed write is undone: the file ends with a whole record again. After a failed flush nothing more is accepted,
/// because nobody knows what the device has.
class JournalWriter
{
  public:
    /// \throws Error when \p file exists or cannot be created
    JournalWriter(std::filesystem::path file, JournalHeader const& header);

    /// Hand a record to the operating system: it survives the death of this process. \throws Error (disk full, ...)
    void append(RowKey const& key, std::span<std::byte const> payload);
    /// Flush to the device what was appended: it survives the death of this machine. Costs nothing when there is none.
    void sync();
    /// Mark the journal as closed and flush it.
    void finish();

  private:
    [[noreturn]] void fail(std::string const& what, int code);

    std::filesystem::path path_;
    FileDescriptor file_;
    std::uint64_t identity_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t sequence_ = 0;
    bool dirty_ = false;
    bool broken_ = false;
};

/// Bytes of a journal: in memory, or of a file, read in large blocks.
class JournalBytes
{
  public:
    explicit JournalBytes(std::span<std::byte const> bytes) : all_(bytes), size_(bytes.size()) {}
    /// \throws Error when it cannot be read
    explicit JournalBytes(std::filesystem::path path);

    std::uint64_t size() const noexcept { return size_; }
    /// Up to \p count bytes from \p offset, fewer at the end; good until the next call.
    std::span<std::byte const> at(std::uint64_t offset, std::size_t count);

  private:
    std::filesystem::path path_;
    FileDescriptor file_;
    std::vector<std::byte> block_;
    std::uint64_t block_start_ = 0;
    std::span<std::byte const> all_;
    std::uint64_t size_ = 0;
};

/// What a journal holds besides its rows.
struct JournalScan
{
    std::optional<JournalHeader> header;  ///< none: not a journal, or both copies of its header are damaged
    std::uint64_t records = 0;
    bool finished = false;         ///< closed by its writer
    std::uint64_t torn_bytes = 0;  ///< at the end: a record that a killed writer did not finish
    struct Damage
    {
        std::uint64_t offset = 0, bytes = 0;
    };
    std::vector<Damage> damage;
    std::uint64_t lost_records = 0;  ///< missing in the sequence
};

/// Read a journal from its beginning and hand every whole record to \p use. Total: any bytes give a scan.
JournalScan scan_journal(JournalBytes& bytes, std::function<void(JournalRecord const&)> const& use);

}  // namespace ablatrix::store::detail
