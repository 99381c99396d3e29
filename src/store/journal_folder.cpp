#include "detail/journal_folder.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/file_io.hpp"
#include "detail/layout_bytes.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

namespace {

constexpr std::string_view layout_name = "layout.log";
constexpr std::string_view suffix = ".log";

/// Number behind "-start-" in "rank-3-start-12.log"; none for other files.
std::optional<std::uint32_t> start_of(fs::path const& file)
{
    std::string const name = file.filename().string();
    std::string_view constexpr before = "-start-";
    auto const place = name.find(before);
    if (!name.starts_with("rank-") || place == std::string::npos || !name.ends_with(suffix)) return std::nullopt;
    char const* const first = name.data() + place + before.size();
    char const* const last = name.data() + name.size() - suffix.size();
    std::uint32_t start = 0;
    auto const [end, error] = std::from_chars(first, last, start);
    if (error != std::errc{} || end != last) return std::nullopt;
    return start;
}

std::vector<fs::path> files_of(fs::path const& folder)
{
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
        files.push_back(entry->path());
    if (code && code != std::errc::no_such_file_or_directory)
        throw Error("cannot read the journals in '" + folder.native() + "' (" + code.message() +
                    "). Check the folder's permissions");
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

fs::path journal_folder(fs::path const& result)
{
    return result.native() + ".journal";
}

bool has_journals(fs::path const& result)
{
    auto const files = files_of(journal_folder(result));
    return std::any_of(files.begin(), files.end(), [](auto const& file) { return start_of(file).has_value(); });
}

namespace detail {

JournalFolder::JournalFolder(fs::path folder) : folder_(std::move(folder))
{
    for (auto const& file : files_of(folder_)) {
        auto const start = start_of(file);
        if (start) next_start_ = std::max(next_start_, *start + 1);
        if (start || file.filename() == layout_name) scan(file);
    }
    keep_newest();
}

void JournalFolder::scan(fs::path const& file)
{
    std::size_t const index = files_.size();
    files_.push_back(file);
    JournalBytes bytes(file);
    std::vector<JournaledRow> rows;
    auto const scan = scan_journal(bytes, [&](JournalRecord const& record) {
        if (record.payload.empty()) return;
        JournaledRow const row{record.key,
                               static_cast<std::uint8_t>(record.payload.front()),
                               0,
                               record.time_ns,
                               0,
                               record.sequence,
                               index,
                               record.offset,
                               record.payload.size()};
        if (record.key.table == JournalTable::layout)
            layout_ = row;
        else
            rows.push_back(row);
    });
    headers_.push_back(scan.header);
    ++report_.files;
    report_.bytes += bytes.size();
    report_.records += scan.records;
    if (!scan.header) {
        // Nobody has written a row after a header that is not whole.
        if (bytes.size() > 0)
            report_.damage.push_back("'" + file.native() + "' is not a journal, or its beginning is damaged");
        return;
    }
    for (auto& row : rows) {
        row.start = scan.header->start;
        row.rank = scan.header->rank;
    }
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    if (scan.torn_bytes > 0) ++report_.torn;
    for (auto const& damage : scan.damage)
        report_.damage.push_back("'" + file.native() + "': " + std::to_string(damage.bytes) + " bytes from offset " +
                                 std::to_string(damage.offset) + " are damaged");
    if (scan.lost_records > 0)
        report_.damage.push_back("'" + file.native() + "': " + std::to_string(scan.lost_records) +
                                 (scan.lost_records == 1 ? " record is lost" : " records are lost"));
}

void JournalFolder::keep_newest()
{
    auto const age = [](JournaledRow const& row) {
        return std::tie(row.key, row.start, row.time_ns, row.rank, row.sequence);
    };
    std::sort(rows_.begin(), rows_.end(), [&](auto const& a, auto const& b) { return age(a) < age(b); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        bool const is_newest = i + 1 == rows_.size() || rows_[i].key != rows_[i + 1].key;
        if (is_newest) rows_[kept++] = rows_[i];
    }
    rows_.resize(kept);
}

std::span<std::byte const> JournalFolder::read(JournaledRow const& row)
{
    auto const& path = files_.at(row.file);
    if (open_file_ != row.file || !open_bytes_) open_bytes_.emplace(path);
    open_file_ = row.file;
    auto const found = open_bytes_->at(row.offset, row.bytes);
    ABLATRIX_VALIDATE(found.size() == row.bytes,
                      "journal '" + path.native() + "' has become shorter while it was read. Leave it alone meanwhile");
    return found;
}

std::optional<std::pair<ResultLayout, Provenance>> JournalFolder::layout()
{
    if (!layout_) return std::nullopt;
    try {
        return parse_layout(read(*layout_));
    }
    catch (Error const& error) {
        report_.damage.push_back("'" + files_.at(layout_->file).native() + "': " + error.what());
        return std::nullopt;
    }
}

fs::path JournalFolder::foreign(base::Fingerprint const& plan, base::Fingerprint const& layout) const
{
    for (std::size_t i = 0; i < files_.size(); ++i) {
        auto const& header = headers_[i];
        if (header && (header->plan != plan || header->layout != layout)) return files_[i];
    }
    return {};
}

void write_layout_journal(fs::path const& folder, ResultLayout const& layout, Provenance const& provenance)
{
    std::error_code code;
    fs::create_directories(folder, code);
    ABLATRIX_VALIDATE(!code, "cannot create folder '" + folder.native() + "' for the journals (" + code.message() +
                                 "). Check the disk and the folder's permissions");
    auto const file = folder / layout_name;
    fs::remove(file, code);
    auto const bytes = layout_bytes(layout, provenance);
    JournalWriter writer(file, {provenance.plan, base::fingerprint_of(bytes), 0, 0});
    writer.append({JournalTable::layout, 0, 0}, bytes);
    writer.finish();
    sync_path(folder);
}

void remove_journal_files(fs::path const& folder)
{
    std::error_code code;
    for (auto const& file : files_of(folder))
        if (start_of(file) || file.filename() == layout_name) {
            fs::remove(file, code);
            ABLATRIX_VALIDATE(!code, "cannot remove journal '" + file.native() + "' (" + code.message() +
                                         "). Check the folder's permissions");
        }
    fs::remove(folder, code);  // fails unless empty, as it should
}

JournalWriter open_journal(fs::path const& folder, JournalHeader const& header)
{
    JournalWriter writer(folder / ("rank-" + std::to_string(header.rank) + "-start-" + std::to_string(header.start) +
                                   std::string(suffix)),
                         header);
    sync_path(folder);
    return writer;
}

}  // namespace detail

}  // namespace ablatrix::store
