#include <ablatrix/store/pack.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/file.hpp>
#include <ablatrix/h5/pack.hpp>
#include <ablatrix/store/result_file.hpp>
#include <ablatrix/store/verify.hpp>

#include "detail/file_io.hpp"
#include "detail/layout_io.hpp"
#include "detail/unpublished_file.hpp"
#include "detail/write_lock.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

namespace {

void write_packed(fs::path const& from, fs::path const& to)
{
    try {
        auto const source = h5::File::open_readonly(from);
        auto packed = h5::File::create(to);
        h5::pack(source, packed);
        packed.set_attribute(std::string(detail::packed_attribute), std::int64_t{1});
        packed.close();
    }
    catch (h5::H5Error const& error) {
        throw ResultFileError("cannot pack '" + from.native() + "' into '" + to.native() + "': " + error.what() +
                              ". Check the disk");
    }
}

/// Bit by bit, task records included.
void compare(ResultFile const& left, ResultFile const& right)
{
    auto const differences = diff(left, right, 1);
    if (!differences.empty())
        throw ResultFileError("the packed copy of '" + left.path().native() + "' differs at " +
                              differences.front().where + ". Nothing was replaced; check the disk and the memory");
}

}  // namespace

PackedSize pack(fs::path const& from, fs::path const& target)
{
    auto const lock = detail::WriteLock::exclusive(from, std::chrono::milliseconds{0});
    auto const source = ResultFile::open_readonly(from);
    if (auto const report = verify(source); !report.damage.empty())
        throw ResultFileError("'" + from.native() + "' is damaged (" + report.damage.front() +
                              "). Repair it with the command that made it, then pack it");
    bool const replaces = target == from;
    if (!replaces && fs::exists(fs::symlink_status(target)))
        throw ResultFileError("'" + target.native() + "' exists. Name another file with -o, or move it away");
    detail::UnpublishedFile packed(target.native() + ".packing");
    write_packed(from, packed.path());
    compare(source, ResultFile::open_readonly(packed.path()));
    PackedSize const size{fs::file_size(from), fs::file_size(packed.path())};
    packed.publish(target, replaces);
    return size;
}

}  // namespace ablatrix::store
