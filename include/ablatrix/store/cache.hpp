#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::store {

struct ArtifactInfo
{
    base::Fingerprint fingerprint;
    std::string kind;
    std::uint64_t bytes = 0;
    double cost_s = 0;       ///< what making it took, or the last part of that when it was continued
    std::int64_t age_s = 0;  ///< since it was last stored or loaded
};

/// Artifacts on disk, named by fingerprint: <root>/artifacts/ab/abcdef....bundle, and what stages leave of unfinished
/// ones: <root>/unfinished/abcdef.../
///
/// A file is a header (magic, version, kind, fingerprint, cost, payload length and checksum) and a serialised Bundle,
/// written to a temporary name, flushed, and renamed into place, so that several experiments may share the folder.
/// Safe to use from several threads and processes, on several nodes, at the same time.
class ArtifactCache
{
  public:
    /// \throws Error when the folder cannot be created or written, naming it and the reason
    explicit ArtifactCache(std::filesystem::path root);

    std::filesystem::path const& root() const noexcept { return root_; }
    /// Cheap: is there a file of that name with a whole header and the right length?
    bool contains(base::Fingerprint const& fingerprint) const;
    /// The artifact, verified. A damaged file is moved to <root>/damaged/, reported in the log, and reads as absent.
    std::optional<base::Bundle> load(base::Fingerprint const& fingerprint) const;
    /// What was left of the artifact unfinished goes.
    /// \throws Error with path and reason (disk full, no permission); nothing half-written is ever visible
    void store(base::Fingerprint const& fingerprint, std::string const& kind, base::Bundle const& bundle,
               double cost_s) const;

    /// Where a stage may leave what it has of the artifact until it is whole. The folder need not exist.
    std::filesystem::path unfinished_folder(base::Fingerprint const& fingerprint) const;

    /// What a process that was killed in store() left of artifacts that are whole goes.
    void remove_finished() const;

    /// Artifacts with a whole header, by kind and fingerprint, and unfinished ones as kind "unfinished".
    std::vector<ArtifactInfo> list() const;
    struct VerifyReport
    {
        std::size_t good = 0;
        std::vector<std::filesystem::path> damaged;  ///< as they were found; they now lie in <root>/damaged/
    };
    /// Read everything; damaged files are set aside as load() does. Does not count as use.
    VerifyReport verify() const;
    /// Remove the least recently used artifacts, unfinished ones among them, until at most \p keep_bytes remain, and
    /// temporary files older than a day. \return bytes freed
    std::uint64_t collect_garbage(std::uint64_t keep_bytes) const;

  private:
    std::filesystem::path path_of(base::Fingerprint const& fingerprint) const;
    std::filesystem::path root_;
};

}  // namespace ablatrix::store
