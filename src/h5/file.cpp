#include <ablatrix/h5/file.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>

#include <hdf5.h>

#include <ablatrix/base/error.hpp>

#include "detail/check.hpp"
#include "mpi/detail/native.hpp"

namespace ablatrix::h5 {

using detail::check;
using detail::check_id;

namespace {

// Types

template <Number T>
hid_t memory_type()
{
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_NATIVE_UINT8;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_NATIVE_INT32;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_NATIVE_INT64;
    if constexpr (std::same_as<T, std::uint64_t>) return H5T_NATIVE_UINT64;
    if constexpr (std::same_as<T, double>) return H5T_NATIVE_DOUBLE;
}

template <Number T>
hid_t file_type()
{
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_STD_U8LE;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_STD_I32LE;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_STD_I64LE;
    if constexpr (std::same_as<T, std::uint64_t>) return H5T_STD_U64LE;
    if constexpr (std::same_as<T, double>) return H5T_IEEE_F64LE;
}

/// Fixed-length UTF-8, padded with zeros. HDF5 knows no length 0.
Handle text_type(std::size_t bytes, std::string_view path)
{
    Handle type = check_id(H5Tcopy(H5T_C_S1), "make a text type for", path);
    check(H5Tset_size(type.id(), std::max<std::size_t>(bytes, 1)), "size the text type of", path);
    check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "pad the text type of", path);
    check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "encode the text type of", path);
    return type;
}

std::size_t longest(std::span<std::string const> texts)
{
    std::size_t bytes = 1;
    for (auto const& text : texts)
        bytes = std::max(bytes, text.size());
    return bytes;
}

std::vector<std::byte> to_slots(std::span<std::string const> texts, std::size_t bytes)
{
    std::vector<std::byte> slots(texts.size() * bytes);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        ABLATRIX_EXPECT(texts[i].size() <= bytes);
        std::memcpy(slots.data() + i * bytes, texts[i].data(), texts[i].size());
    }
    return slots;
}

std::vector<std::string> from_slots(std::span<std::byte const> slots, std::size_t bytes)
{
    std::vector<std::string> texts(slots.size() / bytes);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const* first = reinterpret_cast<char const*>(slots.data()) + i * bytes;
        std::size_t length = bytes;
        while (length > 0 && first[length - 1] == '\0')
            --length;
        texts[i].assign(first, length);
    }
    return texts;
}

// Spaces

Handle simple_space(Shape const& shape, std::string_view path)
{
    if (shape.empty()) return check_id(H5Screate(H5S_SCALAR), "make a space for", path);
    std::vector<hsize_t> const extents(shape.begin(), shape.end());
    return check_id(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), "make a space for",
                    path);
}

Handle select(Dataset const& dataset, Box const& box)
{
    ABLATRIX_EXPECT(box.start.size() == dataset.shape().size() && box.count.size() == dataset.shape().size());
    Handle space = check_id(H5Dget_space(dataset.id()), "read the shape of", dataset.path());
    if (box.start.empty()) return space;
    // Called for every value of every row: no vectors.
    std::array<hsize_t, H5S_MAX_RANK> start, count;
    std::copy(box.start.begin(), box.start.end(), start.begin());
    std::copy(box.count.begin(), box.count.end(), count.begin());
    check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
          "select a part of", dataset.path());
    return space;
}

/// Of \p box' elements in memory. One element is a scalar, which HDF5 makes more quickly.
Handle memory_space(Box const& box, std::string_view path)
{
    auto const size = box.size();
    return size == 1 ? simple_space({}, path) : simple_space({size}, path);
}

void read_into(Dataset const& dataset, Box const& box, hid_t type, void* values)
{
    if (box.size() == 0) return;
    Handle const there = select(dataset, box);
    Handle const here = memory_space(box, dataset.path());
    check(H5Dread(dataset.id(), type, here.id(), there.id(), H5P_DEFAULT, values), "read", dataset.path());
}

void write_from(Dataset const& dataset, Box const& box, hid_t type, void const* values)
{
    if (box.size() == 0) return;
    Handle const there = select(dataset, box);
    Handle const here = memory_space(box, dataset.path());
    check(H5Dwrite(dataset.id(), type, here.id(), there.id(), H5P_DEFAULT, values), "write", dataset.path());
}

// Property lists

Handle link_properties(std::string_view path)
{
    Handle list = check_id(H5Pcreate(H5P_LINK_CREATE), "make properties for", path);
    check(H5Pset_create_intermediate_group(list.id(), 1), "set properties of", path);
    return list;
}

/// On disk at once, at a place that never moves, and equal bytes for equal contents (no modification time).
Handle dataset_properties(std::string_view path)
{
    Handle list = check_id(H5Pcreate(H5P_DATASET_CREATE), "make properties for", path);
    check(H5Pset_layout(list.id(), H5D_CONTIGUOUS), "set the layout of", path);
    check(H5Pset_alloc_time(list.id(), H5D_ALLOC_TIME_EARLY), "set the allocation time of", path);
    check(H5Pset_fill_time(list.id(), H5D_FILL_TIME_ALLOC), "set the fill time of", path);
    check(H5Pset_obj_track_times(list.id(), false), "set the time tracking of", path);
    return list;
}

/// The oldest format has no "open for writing" mark that would outlive a kill.
Handle access_properties(std::string_view path)
{
    detail::silence();
    Handle list = check_id(H5Pcreate(H5P_FILE_ACCESS), "make properties for", path);
    check(H5Pset_libver_bounds(list.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST), "set the version of", path);
#if H5_VERSION_GE(1, 10, 7)
    check(H5Pset_file_locking(list.id(), false, true), "set the locking of", path);
#endif
    return list;
}

Handle create_in(Object const& location, std::string const& path, hid_t type, Shape const& shape, hid_t properties)
{
    Handle const space = simple_space(shape, path);
    Handle const links = link_properties(path);
    return check_id(H5Dcreate2(location.id(), path.c_str(), type, space.id(), links.id(), properties, H5P_DEFAULT),
                    "create", path);
}

// Attributes

std::string attribute_path(Object const& object, std::string const& name)
{
    return object.path() + "@" + name;
}

void put_attribute(Object& object, std::string const& name, hid_t type, Shape const& shape, void const* value)
{
    auto const path = attribute_path(object, name);
    Handle const space = simple_space(shape, path);
    Handle const attribute =
        check_id(H5Acreate2(object.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT), "create", path);
    check(H5Awrite(attribute.id(), type, value), "write", path);
}

Handle open_attribute(Object const& object, std::string const& name)
{
    return check_id(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), "open", attribute_path(object, name));
}

std::vector<std::string> read_attribute_texts(Object const& object, std::string const& name)
{
    auto const path = attribute_path(object, name);
    Handle const attribute = open_attribute(object, name);
    Handle const space = check_id(H5Aget_space(attribute.id()), "read the shape of", path);
    Handle const stored = check_id(H5Aget_type(attribute.id()), "read the type of", path);
    if (H5Tget_class(stored.id()) != H5T_STRING || H5Tis_variable_str(stored.id()) != 0)
        throw H5Error("'" + path + "' is not a fixed-length text", {});
    auto const count = H5Sget_simple_extent_npoints(space.id());
    std::size_t const bytes = H5Tget_size(stored.id());
    if (count <= 0) return {};
    Handle const type = text_type(bytes, path);
    std::vector<std::byte> slots(static_cast<std::size_t>(count) * bytes);
    check(H5Aread(attribute.id(), type.id(), slots.data()), "read", path);
    return from_slots(slots, bytes);
}

}  // namespace

// Box

Box Box::rows(Shape const& shape, std::uint64_t first, std::uint64_t count)
{
    ABLATRIX_EXPECT(!shape.empty());
    Box box{Shape(shape.size(), 0), shape};
    box.start[0] = first;
    box.count[0] = count;
    return box;
}

std::uint64_t Box::size() const noexcept
{
    std::uint64_t size = 1;
    for (auto extent : count)
        size *= extent;
    return size;
}

// Object

Object::Object(Handle handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}

void Object::set_attribute(std::string const& name, std::string const& text)
{
    std::size_t const bytes = std::max<std::size_t>(text.size(), 1);
    Handle const type = text_type(bytes, path_);
    put_attribute(*this, name, type.id(), {}, to_slots({&text, 1}, bytes).data());
}

void Object::set_attribute(std::string const& name, std::int64_t value)
{
    put_attribute(*this, name, H5T_STD_I64LE, {}, &value);
}

void Object::set_attribute(std::string const& name, std::vector<std::string> const& texts)
{
    std::size_t const bytes = longest(texts);
    Handle const type = text_type(bytes, path_);
    auto slots = to_slots(texts, bytes);
    slots.resize(std::max<std::size_t>(slots.size(), 1));  // HDF5 refuses a null buffer, even of no elements
    put_attribute(*this, name, type.id(), {texts.size()}, slots.data());
}

bool Object::has_attribute(std::string const& name) const
{
    auto const found = H5Aexists(id(), name.c_str());
    check(found < 0 ? -1 : 0, "look up", attribute_path(*this, name));
    return found > 0;
}

std::string Object::text_attribute(std::string const& name) const
{
    auto texts = read_attribute_texts(*this, name);
    if (texts.size() != 1) throw H5Error("'" + attribute_path(*this, name) + "' is not one text", {});
    return std::move(texts.front());
}

std::int64_t Object::int_attribute(std::string const& name) const
{
    auto const path = attribute_path(*this, name);
    Handle const attribute = open_attribute(*this, name);
    Handle const space = check_id(H5Aget_space(attribute.id()), "read the shape of", path);
    if (H5Sget_simple_extent_npoints(space.id()) != 1) throw H5Error("'" + path + "' is not one number", {});
    std::int64_t value = 0;
    check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), "read", path);
    return value;
}

std::vector<std::string> Object::texts_attribute(std::string const& name) const
{
    return read_attribute_texts(*this, name);
}

// Dataset

Dataset::Dataset(Handle handle, std::string path) : Object(std::move(handle), std::move(path))
{
    Handle const space = check_id(H5Dget_space(id()), "read the shape of", path_);
    int const rank = H5Sget_simple_extent_ndims(space.id());
    check(rank, "read the shape of", path_);
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    check(H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr), "read the shape of", path_);
    shape_.assign(extents.begin(), extents.end());
    type_ = check_id(H5Dget_type(id()), "read the type of", path_);
    element_bytes_ = H5Tget_size(type_.id());
}

Box Dataset::whole() const
{
    return {Shape(shape_.size(), 0), shape_};
}

template <Number T>
std::vector<T> Dataset::read(Box const& box) const
{
    std::vector<T> values(box.size());
    read_into(*this, box, memory_type<T>(), values.data());
    return values;
}

template <Number T>
void Dataset::write(Box const& box, std::span<T const> values)
{
    ABLATRIX_EXPECT(values.size() == box.size());
    write_from(*this, box, memory_type<T>(), values.data());
}

std::vector<std::byte> Dataset::read_bytes(Box const& box) const
{
    std::vector<std::byte> bytes(box.size() * element_bytes_);
    read_into(*this, box, type_.id(), bytes.data());
    return bytes;
}

void Dataset::write_bytes(Box const& box, std::span<std::byte const> bytes)
{
    ABLATRIX_EXPECT(bytes.size() == box.size() * element_bytes_);
    write_from(*this, box, type_.id(), bytes.data());
}

std::vector<std::string> Dataset::read_texts(Box const& box) const
{
    if (H5Tget_class(type_.id()) != H5T_STRING || H5Tis_variable_str(type_.id()) != 0)
        throw H5Error("'" + path_ + "' does not hold fixed-length text", {});
    return from_slots(read_bytes(box), element_bytes_);
}

// Location

Location Location::create_group(std::string const& path)
{
    Handle const links = link_properties(path);
    return {check_id(H5Gcreate2(id(), path.c_str(), links.id(), H5P_DEFAULT, H5P_DEFAULT), "create group", path), path};
}

Location Location::open_group(std::string const& path) const
{
    return {check_id(H5Gopen2(id(), path.c_str(), H5P_DEFAULT), "open group", path), path};
}

Dataset Location::open_dataset(std::string const& path) const
{
    return {check_id(H5Dopen2(id(), path.c_str(), H5P_DEFAULT), "open dataset", path), path};
}

bool Location::contains(std::string const& path) const
{
    // H5Lexists fails when a group on the way is missing, so every prefix is asked for.
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        auto const prefix = path.substr(0, end);
        auto const found = H5Lexists(id(), prefix.c_str(), H5P_DEFAULT);
        check(found < 0 ? -1 : 0, "look up", prefix);
        if (found == 0) return false;
        if (end == std::string::npos) return true;
    }
}

std::vector<std::string> Location::names() const
{
    std::vector<std::string> names;
    auto const append = [](hid_t /*group*/, char const* name, H5L_info_t const* /*info*/, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
    };
    hsize_t position = 0;
    check(H5Literate(id(), H5_INDEX_NAME, H5_ITER_INC, &position, append, &names), "list", path_);
    return names;
}

template <Number T>
Dataset Location::create_dataset(std::string const& path, Shape const& shape, T fill)
{
    Handle const properties = dataset_properties(path);
    check(H5Pset_fill_value(properties.id(), memory_type<T>(), &fill), "set the fill value of", path);
    return {create_in(*this, path, file_type<T>(), shape, properties.id()), path};
}

Dataset Location::create_text_slots(std::string const& path, Shape const& shape, std::size_t bytes)
{
    Handle const properties = dataset_properties(path);
    Handle const type = text_type(bytes, path);
    return {create_in(*this, path, type.id(), shape, properties.id()), path};
}

void Location::create_texts(std::string const& path, Shape const& shape, std::span<std::string const> texts)
{
    std::size_t const bytes = longest(texts);
    Dataset dataset = create_text_slots(path, shape, bytes);
    dataset.write_bytes(dataset.whole(), to_slots(texts, bytes));
}

void Location::create_text(std::string const& path, std::string const& text)
{
    create_texts(path, {}, {&text, 1});
}

std::string Location::read_text(std::string const& path) const
{
    auto texts = open_dataset(path).read_texts();
    if (texts.size() != 1) throw H5Error("'" + path + "' is not one text", {});
    return std::move(texts.front());
}

// File

File File::create(std::filesystem::path const& path)
{
    Handle const access = access_properties(path.native());
    return {check_id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), "create", path.native()),
            path.native()};
}

File File::open(std::filesystem::path const& path, mpi::Communicator const& world)
{
    Handle const access = access_properties(path.native());
    if (world.size() > 1)
        check(H5Pset_fapl_mpio(access.id(), mpi::detail::native(world), MPI_INFO_NULL), "set up parallel access to",
              path.native());
    else
        // Every write reaches the operating system at once, as it does with the parallel driver.
        check(H5Pset_sieve_buf_size(access.id(), 0), "turn off buffering of", path.native());
    return {check_id(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), "open", path.native()), path.native()};
}

File File::open_readonly(std::filesystem::path const& path)
{
    Handle const access = access_properties(path.native());
    return {check_id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), "open", path.native()), path.native()};
}

void File::flush()
{
    check(H5Fflush(id(), H5F_SCOPE_GLOBAL), "flush", path_);
}

void File::close()
{
    if (handle_.is_open()) check(H5Fclose(handle_.release()), "close", path_);
}

std::string library_version()
{
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    check(H5get_libversion(&major, &minor, &release), "ask for the version of", "HDF5");
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

bool is_parallel() noexcept
{
#ifdef H5_HAVE_PARALLEL
    return true;
#else
    return false;
#endif
}

#define ABLATRIX_H5_INSTANTIATE(T)                                   \
    template std::vector<T> Dataset::read<T>(Box const&) const;      \
    template void Dataset::write<T>(Box const&, std::span<T const>); \
    template Dataset Location::create_dataset<T>(std::string const&, Shape const&, T);

ABLATRIX_H5_INSTANTIATE(std::uint8_t)
ABLATRIX_H5_INSTANTIATE(std::int32_t)
ABLATRIX_H5_INSTANTIATE(std::int64_t)
ABLATRIX_H5_INSTANTIATE(std::uint64_t)
ABLATRIX_H5_INSTANTIATE(double)

#undef ABLATRIX_H5_INSTANTIATE

}  // namespace ablatrix::h5
