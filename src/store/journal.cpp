#include "detail/journal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::store::detail {

namespace {

constexpr std::array<char, 8> magic{'A', 'B', 'L', 'J', 'R', 'N', 'L', '\n'};
constexpr std::uint32_t format_version = 1;
constexpr std::uint32_t record_mark = 0x0A524F57;  // "WOR\n"
constexpr std::size_t block_bytes = std::size_t{1} << 20;

/// As on disk.
struct FileHead
{
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t rank;
    std::uint32_t start;
    std::uint32_t unused;
    std::uint64_t plan_high, plan_low, layout_high, layout_low;
    std::uint64_t checksum;  ///< of all before
};
static_assert(sizeof(FileHead) == 64);
constexpr std::uint64_t records_begin = 2 * sizeof(FileHead);

/// As on disk.
struct RecordHead
{
    std::uint32_t mark;
    std::uint8_t table;
    std::uint8_t unused;
    std::uint16_t item_set;
    std::uint64_t row;
    std::uint64_t sequence;
    std::int64_t time_ns;
    std::uint64_t payload_bytes;
    std::uint64_t payload_checksum;
    std::uint64_t checksum;  ///< of all before and of the file's head
};
static_assert(sizeof(RecordHead) == 56);

template <typename Head>
std::span<std::byte const> checked_part(Head const& head)
{
    return std::as_bytes(std::span(&head, 1)).first(offsetof(Head, checksum));
}

FileHead file_head(JournalHeader const& header)
{
    FileHead head{magic,
                  format_version,
                  header.rank,
                  header.start,
                  0,
                  header.plan.high,
                  header.plan.low,
                  header.layout.high,
                  header.layout.low,
                  0};
    head.checksum = base::checksum_of(checked_part(head));
    return head;
}

std::uint64_t head_checksum(RecordHead const& head, std::uint64_t identity)
{
    std::array<std::byte, sizeof(RecordHead)> bytes;
    auto const part = checked_part(head);
    std::copy(part.begin(), part.end(), bytes.begin());
    std::memcpy(bytes.data() + part.size(), &identity, sizeof identity);
    return base::checksum_of(bytes);
}

template <typename Head>
std::optional<Head> read_head(JournalBytes& bytes, std::uint64_t offset)
{
    auto const found = bytes.at(offset, sizeof(Head));
    if (found.size() < sizeof(Head)) return std::nullopt;
    Head head;
    std::memcpy(&head, found.data(), sizeof head);
    return head;
}

std::optional<FileHead> read_file_head(JournalBytes& bytes)
{
    for (std::uint64_t const offset : {std::uint64_t{0}, std::uint64_t{sizeof(FileHead)}}) {
        auto const head = read_head<FileHead>(bytes, offset);
        if (head && head->magic == magic && head->version == format_version &&
            head->checksum == base::checksum_of(checked_part(*head)))
            return head;
    }
    return std::nullopt;
}

/// Offset of the next mark at or after \p from, or the end.
std::uint64_t find_mark(JournalBytes& bytes, std::uint64_t from)
{
    std::array<std::byte, sizeof record_mark> mark;
    std::memcpy(mark.data(), &record_mark, sizeof record_mark);
    for (std::uint64_t offset = from; offset + mark.size() <= bytes.size();) {
        auto const block = bytes.at(offset, block_bytes);
        auto const found = std::search(block.begin(), block.end(), mark.begin(), mark.end());
        if (found != block.end()) return offset + static_cast<std::uint64_t>(found - block.begin());
        if (block.size() < mark.size()) break;
        offset += block.size() - (mark.size() - 1);
    }
    return bytes.size();
}

std::int64_t now_ns()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

/// One journal, record by record.
class Scanner
{
  public:
    Scanner(JournalBytes& bytes, std::function<void(JournalRecord const&)> const& use) : bytes_(bytes), use_(use) {}

    JournalScan scan()
    {
        auto const head = read_file_head(bytes_);
        if (!head) return result_;
        identity_ = head->checksum;
        result_.header = JournalHeader{
            {head->plan_high, head->plan_low}, {head->layout_high, head->layout_low}, head->rank, head->start};
        for (std::uint64_t at = records_begin; at < bytes_.size();)
            at = step(at);
        if (bad_from_) finish_tail();
        return std::move(result_);
    }

  private:
    /// Look at \p at. \return where to look next
    std::uint64_t step(std::uint64_t at)
    {
        auto const head = read_head<RecordHead>(bytes_, at);
        if (!head || head->mark != record_mark || head->checksum != head_checksum(*head, identity_)) return skip(at);
        std::uint64_t const payload_at = at + sizeof(RecordHead);
        if (head->payload_bytes > bytes_.size() - payload_at) return skip(at);
        std::uint64_t const next = payload_at + head->payload_bytes;
        auto const payload = bytes_.at(payload_at, static_cast<std::size_t>(head->payload_bytes));
        bool const whole = payload.size() == head->payload_bytes && head->sequence >= expected_ &&
                           head->table <= static_cast<std::uint8_t>(JournalTable::end) &&
                           base::checksum_of(payload) == head->payload_checksum;
        if (!whole) {
            skip(at);
            return next;
        }
        accept(*head, payload_at, payload);
        if (bad_from_) result_.damage.push_back({*bad_from_, at - *bad_from_});
        bad_from_.reset();
        return next;
    }

    std::uint64_t skip(std::uint64_t at)
    {
        if (!bad_from_) bad_from_ = at;
        return find_mark(bytes_, at + 1);
    }

    void accept(RecordHead const& head, std::uint64_t offset, std::span<std::byte const> payload)
    {
        result_.lost_records += head.sequence - expected_;
        expected_ = head.sequence + 1;
        auto const table = static_cast<JournalTable>(head.table);
        result_.finished = table == JournalTable::end;
        if (result_.finished) return;
        ++result_.records;
        use_({{table, head.item_set, head.row}, head.sequence, head.time_ns, offset, head.payload_checksum, payload});
    }

    /// Behind the mark of a closed journal nothing should follow; otherwise the writer was killed.
    void finish_tail()
    {
        std::uint64_t const bytes = bytes_.size() - *bad_from_;
        if (result_.finished)
            result_.damage.push_back({*bad_from_, bytes});
        else
            result_.torn_bytes = bytes;
    }

    JournalBytes& bytes_;
    std::function<void(JournalRecord const&)> const& use_;
    JournalScan result_;
    std::uint64_t identity_ = 0;
    std::uint64_t expected_ = 0;  ///< sequence number
    std::optional<std::uint64_t> bad_from_;
};

}  // namespace

// Writing

JournalWriter::JournalWriter(std::filesystem::path file, JournalHeader const& header) : path_(std::move(file))
{
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
    if (!file_.is_open()) fail("create", errno);
    std::array<FileHead, 2> const heads{file_head(header), file_head(header)};
    identity_ = heads[0].checksum;
    auto const written = ::write(file_.number(), heads.data(), sizeof heads);
    if (written != static_cast<ssize_t>(sizeof heads)) {
        int const code = written < 0 ? errno : ENOSPC;
        ::unlink(path_.c_str());
        fail("write", code);
    }
    size_ = records_begin;
    dirty_ = true;
}

void JournalWriter::append(RowKey const& key, std::span<std::byte const> payload)
{
    if (broken_) fail("write", EIO);
    base::fault_point("journal.append");
    RecordHead head{record_mark,    static_cast<std::uint8_t>(key.table), 0, key.item_set, key.row, sequence_, now_ns(),
                    payload.size(), base::checksum_of(payload),           0};
    head.checksum = head_checksum(head, identity_);

    std::array<iovec, 2> parts{{{&head, sizeof head}, {const_cast<std::byte*>(payload.data()), payload.size()}}};
    std::size_t first = 0;
    while (first < parts.size()) {
        auto const written = ::writev(file_.number(), &parts[first], static_cast<int>(parts.size() - first));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            int const code = errno;
            // Half a record in the middle would look like damage.
            broken_ = ::ftruncate(file_.number(), static_cast<off_t>(size_)) != 0;
            fail("write", code);
        }
        auto left = static_cast<std::size_t>(written);
        while (first < parts.size() && left >= parts[first].iov_len)
            left -= parts[first++].iov_len;
        if (first == parts.size()) break;
        parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + left;
        parts[first].iov_len -= left;
    }
    base::fault_point("journal.appended");
    size_ += sizeof head + payload.size();
    ++sequence_;
    dirty_ = true;
}

void JournalWriter::sync()
{
    if (!dirty_) return;
    if (broken_) fail("flush", EIO);
    base::fault_point("journal.sync");
    if (::fdatasync(file_.number()) != 0) {
        int const code = errno;
        broken_ = true;
        fail("flush", code);
    }
    base::fault_point("journal.synced");
    dirty_ = false;
}

void JournalWriter::finish()
{
    try {
        append({JournalTable::end, 0, 0}, {});
    }
    catch (Error const&) {
        // A full disk: without the mark the journal reads as that of a killed rank, and holds every row all the same.
    }
    sync();
}

void JournalWriter::fail(std::string const& what, int code)
{
    std::string text = "cannot " + what + " journal '" + path_.native() + "' (" + reason(code);
    bool const is_space = code == ENOSPC || code == EDQUOT;
    if (auto const left = free_bytes(path_.parent_path()); is_space && left)
        text += ": " + base::human_bytes(*left) + " free";
    throw Error(text + "). " +
                (is_space         ? "Free some space, then run the same command again"
                 : code == EEXIST ? "Another job is writing the same result file: wait until it has ended"
                                  : "Check the disk and the folder's permissions, then run the same command again"));
}

// Reading

JournalBytes::JournalBytes(std::filesystem::path path) : path_(std::move(path))
{
    file_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status = {};
    if (!file_.is_open() || ::fstat(file_.number(), &status) != 0)
        throw Error("cannot read journal '" + path_.native() + "' (" + reason(errno) + "). Check its permissions");
    size_ = static_cast<std::uint64_t>(status.st_size);
}

std::span<std::byte const> JournalBytes::at(std::uint64_t offset, std::size_t count)
{
    if (offset >= size_) return {};
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset));
    if (!file_.is_open()) return all_.subspan(static_cast<std::size_t>(offset), count);
    if (offset < block_start_ || offset + count > block_start_ + block_.size()) {
        auto bytes = read_bytes(file_.number(), offset, std::max(count, block_bytes));
        if (!bytes) throw Error("cannot read journal '" + path_.native() + "' (" + reason(errno) + "). Check the disk");
        block_ = std::move(*bytes);
        block_start_ = offset;
    }
    return std::span<std::byte const>(block_).subspan(static_cast<std::size_t>(offset - block_start_),
                                                      std::min(count, block_.size() - (offset - block_start_)));
}

JournalScan scan_journal(JournalBytes& bytes, std::function<void(JournalRecord const&)> const& use)
{
    return Scanner(bytes, use).scan();
}

}  // namespace ablatrix::store::detail
