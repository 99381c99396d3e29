#include "detail/unpublished_file.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include <ablatrix/store/result_file.hpp>

#include "detail/file_io.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store::detail {

UnpublishedFile::UnpublishedFile(fs::path path) : path_(std::move(path))
{
    ::unlink(path_.c_str());
}

UnpublishedFile::~UnpublishedFile()
{
    if (!path_.empty()) ::unlink(path_.c_str());
}

void UnpublishedFile::publish(fs::path const& target, bool replace)
{
    if (int const code = sync_path(path_); code != 0)
        throw ResultFileError("cannot flush '" + path_.native() + "' (" + reason(code) + "). Check the disk");
    int const code = !replace ? rename_new(path_, target) : ::rename(path_.c_str(), target.c_str()) == 0 ? 0 : errno;
    if (code != 0)
        throw ResultFileError("cannot give result file '" + target.native() + "' its name (" + reason(code) +
                              "). Choose another name");
    path_.clear();
    sync_path(target.has_parent_path() ? target.parent_path() : fs::path("."));
}

}  // namespace ablatrix::store::detail
