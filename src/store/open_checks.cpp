#include "detail/open_checks.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>

#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>

#include "detail/file_io.hpp"
#include "detail/layout_io.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {
namespace {

[[noreturn]] void fail_open(fs::path const& path, std::string const& why, std::string const& way_out)
{
    throw ResultFileError("cannot open result file '" + path.native() + "' (" + why + "). " + way_out);
}

std::string rebuild_command(fs::path const& path)
{
    return "'ablatrix rebuild " + path.native() + "'";
}

/// How to get a damaged file back; \p otherwise when there are no journals.
std::string restore_hint(fs::path const& path, std::string const& otherwise)
{
    if (!has_journals(path)) return otherwise;
    return rebuild_command(path) + " writes it again from its journals";
}

constexpr char const* remake_hint = "If it is damaged, remove it and run again: the cache keeps finished work";

}  // namespace

void refuse_lost_file(fs::path const& result)
{
    if (!fs::exists(fs::symlink_status(result)) && has_journals(result))
        throw ResultFileError("result file '" + result.native() + "' is gone, but its journals in '" +
                              journal_folder(result).native() + "' hold finished rows. " + rebuild_command(result) +
                              " writes it again from them; remove that folder to start anew");
}

namespace detail {

void check_signature(fs::path const& path)
{
    static constexpr std::array<unsigned char, 8> signature{0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    std::error_code code;
    auto const status = fs::status(path, code);
    if (!fs::exists(status)) fail_open(path, "there is no such file", restore_hint(path, "Check the path"));
    if (fs::is_directory(status)) fail_open(path, "it is a folder", "Name a file");
    FileDescriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) fail_open(path, reason(errno), "Check its permissions");
    auto const bytes = read_bytes(file.number(), 0, signature.size());
    if (!bytes) fail_open(path, reason(errno), "Check the disk");
    if (bytes->size() < signature.size() || std::memcmp(bytes->data(), signature.data(), signature.size()) != 0)
        fail_open(path, bytes->empty() ? "it is empty" : "it is not an HDF5 file",
                  restore_hint(path, "Name a file that Ablatrix has written"));
}

void check_format(h5::File const& file, fs::path const& path)
{
    bool const ours =
        file.has_attribute("format") && file.has_attribute("version") && file.text_attribute("format") == format_name;
    if (!ours)
        fail_open(path, "it is an HDF5 file, but not a result of Ablatrix", "Name a file that Ablatrix has written");
    auto const version = file.int_attribute("version");
    if (version > format_version)
        fail_open(path,
                  "its format version is " + std::to_string(version) + ", this program knows " +
                      std::to_string(format_version),
                  "Use a newer Ablatrix");
}

void fail_damaged(fs::path const& path, h5::H5Error const& error)
{
    if (error.mentions("truncated file"))
        fail_open(
            path, "it is truncated",
            restore_hint(path,
                         "Copy it again from its source, or remove it and run again: the cache keeps finished work"));
    if (error.mentions("unable to lock file"))
        fail_open(
            path, "HDF5 could not lock it",
            "Set HDF5_USE_FILE_LOCKING=FALSE in the environment: its file system has no locks, or a writer holds one");
    fail_damaged(path, std::string{error.what()});
}

void fail_damaged(fs::path const& path, std::string const& why)
{
    fail_open(path, why, restore_hint(path, remake_hint));
}

void refuse_packed(fs::path const& path)
{
    bool packed = false;
    try {
        packed = h5::File::open_readonly(path).has_attribute(std::string(packed_attribute));
    }
    catch (h5::H5Error const& error) {
        fail_damaged(path, error);
    }
    if (packed)
        fail_open(path, "it is packed, hence read-only",
                  "Name another file to run again: the cache keeps finished work");
}

void check_layout_fingerprint(h5::File const& file, fs::path const& path, base::Fingerprint const& found)
{
    if (file.int_attribute("version") < 2) return;
    if (file.has_attribute("layout") && file.text_attribute("layout") == found.text()) return;
    fail_damaged(path, "it is damaged: its names, axes or settings do not match their checksum");
}

}  // namespace detail
}  // namespace ablatrix::store
