#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <hdf5.h>

#include <ablatrix/h5/handle.hpp>

namespace ablatrix::h5::detail {

static_assert(sizeof(hid_t) == sizeof(Id), "HDF5 1.10 or newer is needed");

/// Keep HDF5 from printing; every failure becomes an exception. Called before the first use in each thread.
void silence();

/// HDF5's error stack, outermost frame first, which is then cleared.
std::vector<std::string> take_stack();

[[noreturn]] void fail(std::string_view verb, std::string_view path);

/// \throws H5Error "cannot <verb> '<path>'" for a negative \p status
inline void check(herr_t status, std::string_view verb, std::string_view path)
{
    if (status < 0) fail(verb, path);
}

inline Handle check_id(hid_t id, std::string_view verb, std::string_view path)
{
    if (id < 0) fail(verb, path);
    return Handle(id);
}

}  // namespace ablatrix::h5::detail
