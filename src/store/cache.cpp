#include <ablatrix/store/cache.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/file_io.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

namespace {

using detail::FileDescriptor;

// The file format: a header of fixed size, the payload, numbers in the machine's (little-endian) byte order.

constexpr std::array<char, 8> magic{'A', 'B', 'L', 'A', 'R', 'T', 'I', 'F'};
constexpr std::uint32_t format_version = 1;
constexpr std::string_view extension = ".bundle";
constexpr auto temporary_lifetime = std::chrono::hours{24};

struct Header
{
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t kind_bytes;
    std::uint64_t fingerprint_high;
    std::uint64_t fingerprint_low;
    double cost_s;
    std::uint64_t payload_bytes;
    std::uint64_t payload_checksum;
    std::array<char, 64> kind;
    std::uint64_t checksum;  ///< of everything above
};
static_assert(sizeof(Header) == 128, "the header is written as it lies in memory, without gaps");

std::uint64_t header_checksum(Header const& header)
{
    return base::checksum_of(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, checksum)));
}

Header make_header(base::Fingerprint const& fingerprint, std::string const& kind, double cost_s,
                   std::span<std::byte const> payload)
{
    Header header{};
    header.magic = magic;
    header.version = format_version;
    ABLATRIX_EXPECT(kind.size() <= header.kind.size());
    header.kind_bytes = static_cast<std::uint32_t>(kind.size());
    std::copy(kind.begin(), kind.end(), header.kind.begin());
    header.fingerprint_high = fingerprint.high;
    header.fingerprint_low = fingerprint.low;
    header.cost_s = cost_s;
    header.payload_bytes = payload.size();
    header.payload_checksum = base::checksum_of(payload);
    header.checksum = header_checksum(header);
    return header;
}

bool is_whole(Header const& header)
{
    return header.magic == magic && header.version == format_version && header.kind_bytes <= header.kind.size() &&
           header.checksum == header_checksum(header);
}

struct OpenArtifact
{
    FileDescriptor file;
    Header header;
    std::int64_t age_s;
};

/// None when there is no such file; \p damage says why one that is there is not whole.
std::optional<OpenArtifact> open_artifact(fs::path const& path, std::string& damage)
{
    OpenArtifact artifact{FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), {}, 0};
    if (!artifact.file.is_open()) {
        if (errno != ENOENT)
            throw Error("cannot read '" + path.native() + "' (" + detail::reason(errno) +
                        "). Check the cache's permissions");
        return std::nullopt;
    }
    auto const bytes = detail::read_bytes(artifact.file.number(), 0, sizeof(Header));
    struct stat status = {};
    if (!bytes || fstat(artifact.file.number(), &status) != 0) {
        damage = detail::reason(errno);
        return std::nullopt;
    }
    if (bytes->size() == sizeof(Header)) std::memcpy(&artifact.header, bytes->data(), sizeof(Header));
    if (bytes->size() != sizeof(Header) || !is_whole(artifact.header))
        damage = "its header is damaged";
    else if (static_cast<std::uint64_t>(status.st_size) != sizeof(Header) + artifact.header.payload_bytes)
        damage = "it has " + std::to_string(status.st_size) + " bytes instead of " +
                 std::to_string(sizeof(Header) + artifact.header.payload_bytes);
    if (!damage.empty()) return std::nullopt;
    artifact.age_s = std::max<std::int64_t>(0, static_cast<std::int64_t>(::time(nullptr)) - status.st_mtim.tv_sec);
    return artifact;
}

base::Fingerprint fingerprint_in(Header const& header)
{
    return {header.fingerprint_high, header.fingerprint_low};
}

std::optional<std::vector<std::byte>> read_payload(OpenArtifact const& artifact, std::string& damage)
{
    auto const& header = artifact.header;
    auto payload = detail::read_bytes(artifact.file.number(), sizeof(Header), header.payload_bytes);
    if (!payload)
        damage = detail::reason(errno);
    else if (payload->size() != header.payload_bytes || base::checksum_of(*payload) != header.payload_checksum)
        damage = "its checksum does not match";
    return damage.empty() ? std::move(payload) : std::nullopt;
}

void make_folder(fs::path const& folder)
{
    std::error_code code;
    fs::create_directories(folder, code);
    ABLATRIX_VALIDATE(!code, "cannot create the cache folder '" + folder.native() + "' (" + code.message() +
                                 "). Choose another one with --cache");
}

/// Another process may set the same file aside first; then there is nothing left to do.
void set_aside(fs::path const& root, fs::path const& path, std::string const& damage)
{
    auto const target = root / "damaged" / (path.filename().native() + "." + std::to_string(getpid()));
    std::error_code code;
    fs::rename(path, target, code);
    if (code == std::errc::no_such_file_or_directory) return;
    ABLATRIX_VALIDATE(!code, "cannot set the damaged artifact '" + path.native() + "' aside (" + code.message() +
                                 "). Remove it by hand");
    base::log_warning("artifact '" + path.native() + "' is damaged (" + damage + "); moved to '" + target.native() +
                      "', it will be made again");
}

std::vector<fs::path> artifact_paths(fs::path const& root)
{
    std::vector<fs::path> paths;
    std::error_code code;
    for (auto const& folder : fs::directory_iterator(root / "artifacts", code)) {
        std::error_code gone;
        for (auto const& entry : fs::directory_iterator(folder.path(), gone))
            if (entry.path().extension() == extension) paths.push_back(entry.path());
    }
    ABLATRIX_VALIDATE(!code, "cannot list the cache '" + root.native() + "' (" + code.message() + ")");
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Something that takes space in the cache, a file or a folder.
struct Entry
{
    fs::file_time_type used;
    fs::path path;
    std::uint64_t bytes;
};

bool is_fingerprint(std::string const& name)
{
    try {
        static_cast<void>(base::Fingerprint::parse(name));
        return true;
    }
    catch (Error const&) {
        return false;
    }
}

/// What other processes remove meanwhile is left out.
std::optional<Entry> entry_of(fs::path const& file)
{
    std::error_code gone;
    Entry const entry{fs::last_write_time(file, gone), file, gone ? 0 : fs::file_size(file, gone)};
    return gone ? std::nullopt : std::optional{entry};
}

std::vector<Entry> unfinished_entries(fs::path const& root)
{
    std::vector<Entry> entries;
    std::error_code none_yet;
    for (auto const& folder : fs::directory_iterator(root / "unfinished", none_yet)) {
        if (!is_fingerprint(folder.path().filename())) continue;  // none of ours
        Entry whole{fs::file_time_type::min(), folder.path(), 0};
        std::error_code gone;
        for (auto const& file : fs::directory_iterator(folder.path(), gone)) {
            auto const entry = entry_of(file.path());
            if (!entry) continue;
            whole.used = std::max(whole.used, entry->used);
            whole.bytes += entry->bytes;
        }
        if (!gone) entries.push_back(std::move(whole));
    }
    return entries;
}

std::int64_t age_of(fs::file_time_type used)
{
    auto const age = std::chrono::duration_cast<std::chrono::seconds>(fs::file_time_type::clock::now() - used);
    return std::max<std::int64_t>(0, age.count());
}

std::uint64_t remove_stale_temporaries(fs::path const& folder)
{
    std::uint64_t freed = 0;
    std::error_code code;
    auto const oldest = fs::file_time_type::clock::now() - temporary_lifetime;
    for (auto const& entry : fs::directory_iterator(folder, code)) {
        std::error_code gone;
        auto const written = entry.last_write_time(gone);
        if (gone || written > oldest) continue;
        auto const bytes = entry.file_size(gone);
        if (!gone && fs::remove(entry.path(), gone)) freed += bytes;
    }
    return freed;
}

}  // namespace

ArtifactCache::ArtifactCache(fs::path root) : root_(std::move(root))
{
    for (char const* name : {"artifacts", "tmp", "damaged"})
        make_folder(root_ / name);
    // A probe is the only honest answer: modes say nothing about read-only mounts, nor to root.
    try {
        detail::remove_orphans(root_ / "tmp");
        detail::TemporaryFile probe(root_ / "tmp", "probe");
    }
    catch (Error const& error) {
        throw Error("the cache cannot be used: " + std::string(error.what()) + " with --cache");
    }
}

fs::path ArtifactCache::path_of(base::Fingerprint const& fingerprint) const
{
    auto const name = fingerprint.text();
    return root_ / "artifacts" / name.substr(0, 2) / (name + std::string(extension));
}

fs::path ArtifactCache::unfinished_folder(base::Fingerprint const& fingerprint) const
{
    return root_ / "unfinished" / fingerprint.text();
}

bool ArtifactCache::contains(base::Fingerprint const& fingerprint) const
{
    std::string damage;
    auto const artifact = open_artifact(path_of(fingerprint), damage);
    return artifact && fingerprint_in(artifact->header) == fingerprint;
}

std::optional<base::Bundle> ArtifactCache::load(base::Fingerprint const& fingerprint) const
{
    auto const path = path_of(fingerprint);
    std::string damage;
    if (auto const artifact = open_artifact(path, damage)) {
        if (fingerprint_in(artifact->header) != fingerprint) damage = "it belongs to another fingerprint";
        if (auto const payload = damage.empty() ? read_payload(*artifact, damage) : std::nullopt) {
            // The time of last use, for collect_garbage(); a reader of somebody else's cache may not set it.
            static_cast<void>(futimens(artifact->file.number(), nullptr));
            try {
                return base::Bundle::parse(*payload);
            }
            catch (Error const& error) {
                damage = error.what();
            }
        }
    }
    if (!damage.empty()) set_aside(root_, path, damage);
    return std::nullopt;
}

void ArtifactCache::store(base::Fingerprint const& fingerprint, std::string const& kind, base::Bundle const& bundle,
                          double cost_s) const
{
    auto const payload = bundle.serialise();
    auto const header = make_header(fingerprint, kind, cost_s, payload);
    auto const target = path_of(fingerprint);
    // Somebody may have removed the whole cache meanwhile.
    make_folder(root_ / "tmp");
    make_folder(target.parent_path());
    if (fs::is_directory(fs::symlink_status(target))) set_aside(root_, target, "it is a folder");
    try {
        detail::TemporaryFile file(root_ / "tmp", fingerprint.text());
        file.write(std::as_bytes(std::span(&header, 1)));
        file.write(payload);
        base::fault_point("artifact.written");
        file.publish(target);
        base::fault_point("artifact.published");
    }
    catch (Error const& error) {
        throw Error("artifact " + fingerprint.text() + " of stage '" + kind + "' (" +
                    base::human_bytes(sizeof(Header) + payload.size()) + ") is not stored: " + error.what() +
                    " with --cache");
    }
    std::error_code stays;  // until garbage is collected
    fs::remove_all(unfinished_folder(fingerprint), stays);
}

void ArtifactCache::remove_finished() const
{
    for (auto const& entry : unfinished_entries(root_)) {
        std::error_code stays;  // until garbage is collected
        if (contains(base::Fingerprint::parse(entry.path.filename().native()))) fs::remove_all(entry.path, stays);
    }
}

std::vector<ArtifactInfo> ArtifactCache::list() const
{
    std::vector<ArtifactInfo> infos;
    for (auto const& path : artifact_paths(root_)) {
        std::string damage;
        auto const artifact = open_artifact(path, damage);
        if (!artifact) continue;
        auto const& header = artifact->header;
        infos.push_back({fingerprint_in(header), std::string(header.kind.data(), header.kind_bytes),
                         sizeof(Header) + header.payload_bytes, header.cost_s, artifact->age_s});
    }
    for (auto const& entry : unfinished_entries(root_)) {
        infos.push_back({base::Fingerprint::parse(entry.path.filename().native()), "unfinished", entry.bytes, 0,
                         age_of(entry.used)});
    }
    std::sort(infos.begin(), infos.end(), [](ArtifactInfo const& a, ArtifactInfo const& b) {
        return std::tie(a.kind, a.fingerprint) < std::tie(b.kind, b.fingerprint);
    });
    return infos;
}

ArtifactCache::VerifyReport ArtifactCache::verify() const
{
    VerifyReport report;
    for (auto const& path : artifact_paths(root_)) {
        std::string damage;
        auto const artifact = open_artifact(path, damage);
        if (artifact && fingerprint_in(artifact->header).text() != path.stem().native())
            damage = "it belongs to another fingerprint";
        if (artifact && damage.empty() && read_payload(*artifact, damage)) {
            ++report.good;
            continue;
        }
        if (damage.empty()) continue;  // removed since it was listed
        set_aside(root_, path, damage);
        report.damaged.push_back(path);
    }
    return report;
}

std::uint64_t ArtifactCache::collect_garbage(std::uint64_t keep_bytes) const
{
    auto entries = unfinished_entries(root_);
    for (auto const& path : artifact_paths(root_)) {
        if (auto entry = entry_of(path)) entries.push_back(*std::move(entry));
    }
    std::uint64_t held = 0;
    for (auto const& entry : entries)
        held += entry.bytes;
    std::sort(entries.begin(), entries.end(),
              [](Entry const& a, Entry const& b) { return std::tie(a.used, a.path) < std::tie(b.used, b.path); });
    std::uint64_t freed = remove_stale_temporaries(root_ / "tmp");
    for (auto const& entry : entries) {
        if (held <= keep_bytes) break;
        std::error_code code;
        fs::remove_all(entry.path, code);
        ABLATRIX_VALIDATE(!code, "cannot remove '" + entry.path.native() + "' (" + code.message() +
                                     "). Check the cache's permissions");
        held -= entry.bytes;
        freed += entry.bytes;
    }
    return freed;
}

}  // namespace ablatrix::store
