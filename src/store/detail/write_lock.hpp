#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "file_io.hpp"

namespace ablatrix::store::detail {

/// Keeps two jobs from writing one result file: an open-file-description lock on one byte far beyond the data.
///
/// The kernel drops it when the process dies, however it dies. Readers (h5py, HDF5 tools) use other locks and are not
/// disturbed. The first rank takes it exclusively; share() lets the other ranks of its job hold it, too, so that a
/// successor waits until the last of them is gone.
///
/// HDF5_USE_FILE_LOCKING, HDF5's own variable, governs it: FALSE or 0 takes none, BEST_EFFORT none where the file
/// system has no locks.
class WriteLock
{
  public:
    /// \throws ResultFileError when another writer holds the lock for longer than \p wait, or the file system has no
    /// locks
    static WriteLock exclusive(std::filesystem::path const& path, std::chrono::milliseconds wait);
    /// As exclusive(), for a file that is created empty if it is missing.
    static WriteLock exclusive_or_new(std::filesystem::path const& path, std::chrono::milliseconds wait);
    /// For the other ranks, after the first has called share().
    static WriteLock shared(std::filesystem::path const& path);
    void share();
    /// Whether \p path still leads to the locked file: meanwhile it may have been renamed or removed. True without
    /// locks.
    bool is_of(std::filesystem::path const& path) const;

  private:
    static WriteLock wait_for(FileDescriptor file, std::filesystem::path const& path, std::chrono::milliseconds wait);

    FileDescriptor file_;
};

/// Does a writer hold the lock of \p path? None when locks are turned off or do not work there.
std::optional<bool> is_being_written(std::filesystem::path const& path);

}  // namespace ablatrix::store::detail
