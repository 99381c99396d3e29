#include <ablatrix/h5/pack.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <hdf5.h>

#include "detail/check.hpp"

namespace ablatrix::h5 {

using detail::check;
using detail::check_id;

namespace {

constexpr std::uint64_t chunk_bytes = std::uint64_t{256} << 10;
constexpr unsigned deflate_level = 6;

/// Whole rows where they are short, else parts of one; a reader of one row unpacks little else.
std::vector<hsize_t> chunk_of(Shape const& shape, std::size_t element_bytes)
{
    std::uint64_t left = std::max<std::uint64_t>(1, chunk_bytes / element_bytes);
    std::vector<hsize_t> chunk(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 0;) {
        chunk[i] = std::min<std::uint64_t>(shape[i], left);
        left = std::max<std::uint64_t>(1, left / chunk[i]);
    }
    return chunk;
}

void copy_attributes(Object const& from, Id to)
{
    auto const copy = [](hid_t source, char const* name, H5A_info_t const* /*info*/, void* target) -> herr_t {
        Handle const attribute(H5Aopen(source, name, H5P_DEFAULT));
        Handle const type(H5Aget_type(attribute.id()));
        Handle const space(H5Aget_space(attribute.id()));
        if (!attribute.is_open() || !type.is_open() || !space.is_open()) return -1;
        auto const count = H5Sget_simple_extent_npoints(space.id());
        std::vector<std::byte> value(
            std::max<std::size_t>(1, static_cast<std::size_t>(std::max<hssize_t>(0, count)) * H5Tget_size(type.id())));
        Handle const created(
            H5Acreate2(*static_cast<hid_t*>(target), name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
        if (!created.is_open() || (count > 0 && H5Aread(attribute.id(), type.id(), value.data()) < 0)) return -1;
        return H5Awrite(created.id(), type.id(), value.data());
    };
    hid_t target = to;
    hsize_t position = 0;
    check(H5Aiterate2(from.id(), H5_INDEX_NAME, H5_ITER_INC, &position, copy, &target), "copy the attributes of",
          from.path());
}

Handle packed_properties(Dataset const& dataset)
{
    Handle list = check_id(H5Pcreate(H5P_DATASET_CREATE), "make properties for", dataset.path());
    check(H5Pset_obj_track_times(list.id(), false), "set the time tracking of", dataset.path());
    bool const is_empty = dataset.shape().empty() || dataset.whole().size() == 0;
    if (is_empty) return list;
    auto const chunk = chunk_of(dataset.shape(), dataset.element_bytes());
    check(H5Pset_chunk(list.id(), static_cast<int>(chunk.size()), chunk.data()), "set the chunks of", dataset.path());
    check(H5Pset_shuffle(list.id()), "set the filters of", dataset.path());
    check(H5Pset_deflate(list.id(), deflate_level), "set the filters of", dataset.path());
    return list;
}

void copy_dataset(Dataset const& from, File& to)
{
    Handle const type = check_id(H5Dget_type(from.id()), "read the type of", from.path());
    Handle const space = check_id(H5Dget_space(from.id()), "read the shape of", from.path());
    Handle const properties = packed_properties(from);
    Dataset packed(check_id(H5Dcreate2(to.id(), from.path().c_str(), type.id(), space.id(), H5P_DEFAULT,
                                       properties.id(), H5P_DEFAULT),
                            "create", from.path()),
                   from.path());
    copy_attributes(from, packed.id());
    if (from.shape().empty()) {
        packed.write_bytes(packed.whole(), from.read_bytes(from.whole()));
        return;
    }
    // Some rows at a time: a dataset may be larger than the memory.
    auto const& shape = from.shape();
    if (from.whole().size() == 0) return;
    std::uint64_t const row_bytes = from.whole().size() / shape[0] * from.element_bytes();
    std::uint64_t const rows = std::max<std::uint64_t>(1, 64 * chunk_bytes / std::max<std::uint64_t>(1, row_bytes));
    std::uint64_t const aligned = std::max<std::uint64_t>(1, rows / chunk_of(shape, from.element_bytes())[0]) *
                                  chunk_of(shape, from.element_bytes())[0];
    for (std::uint64_t first = 0; first < shape[0]; first += aligned) {
        auto const box = Box::rows(shape, first, std::min(aligned, shape[0] - first));
        packed.write_bytes(box, from.read_bytes(box));
    }
}

bool is_group(Location const& parent, std::string const& path)
{
    Handle const object = check_id(H5Oopen(parent.id(), path.c_str(), H5P_DEFAULT), "open", path);
    return H5Iget_type(object.id()) == H5I_GROUP;
}

void copy_group(File const& from, std::string const& path, File& to)
{
    auto const group = from.open_group(path.empty() ? "/" : path);
    copy_attributes(group, path.empty() ? to.open_group("/").id() : to.create_group(path).id());
    for (auto const& name : group.names()) {
        auto const child = path + "/" + name;
        if (is_group(from, child))
            copy_group(from, child, to);
        else
            copy_dataset(from.open_dataset(child), to);
    }
}

}  // namespace

void pack(File const& from, File& to)
{
    copy_group(from, "", to);
}

}  // namespace ablatrix::h5
