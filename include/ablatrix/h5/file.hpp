#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/handle.hpp>
#include <ablatrix/mpi/communicator.hpp>

/// \file
/// The part of HDF5 that a result file needs: contiguous datasets of numbers and fixed-length UTF-8 text, allocated and
/// filled when created, attributes, and independent raw reads and writes.
///
/// Stored little-endian. The library is not thread-safe: use it from one thread at a time.

namespace ablatrix::h5 {

using Shape = std::vector<std::uint64_t>;

/// A box within a dataset: first index and extent of every dimension.
struct Box
{
    Shape start;
    Shape count;

    /// \p count rows (first dimension) of a dataset of \p shape, from row \p first.
    static Box rows(Shape const& shape, std::uint64_t first, std::uint64_t count = 1);
    /// Number of elements.
    std::uint64_t size() const noexcept;
};

template <typename T>
concept Number = std::same_as<T, std::uint8_t> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::uint64_t> || std::same_as<T, double>;

/// What attributes hang on. \p path is for messages.
class Object
{
  public:
    Object(Handle handle, std::string path);

    Id id() const noexcept { return handle_.id(); }
    bool is_open() const noexcept { return handle_.is_open(); }
    std::string const& path() const noexcept { return path_; }

    void set_attribute(std::string const& name, std::string const& text);
    void set_attribute(std::string const& name, std::int64_t value);
    void set_attribute(std::string const& name, std::vector<std::string> const& texts);
    bool has_attribute(std::string const& name) const;
    std::string text_attribute(std::string const& name) const;
    std::int64_t int_attribute(std::string const& name) const;
    std::vector<std::string> texts_attribute(std::string const& name) const;

  protected:
    Handle handle_;
    std::string path_;
};

class Dataset : public Object
{
  public:
    Dataset(Handle handle, std::string path);

    Shape const& shape() const noexcept { return shape_; }
    Box whole() const;

    /// Elements of \p box, row-major. \throws H5Error when it leaves the dataset or reading fails
    template <Number T>
    std::vector<T> read(Box const& box) const;
    template <Number T>
    std::vector<T> read() const
    {
        return read<T>(whole());
    }
    template <Number T>
    void write(Box const& box, std::span<T const> values);

    /// Bytes of one element, or of one text slot.
    std::size_t element_bytes() const noexcept { return element_bytes_; }
    /// Elements of \p box as stored: little-endian numbers, text slots padded with zeros.
    std::vector<std::byte> read_bytes(Box const& box) const;
    void write_bytes(Box const& box, std::span<std::byte const> bytes);
    /// \throws H5Error unless fixed-length text is stored
    std::vector<std::string> read_texts(Box const& box) const;
    std::vector<std::string> read_texts() const { return read_texts(whole()); }

  private:
    Shape shape_;
    Handle type_;
    std::size_t element_bytes_ = 0;
};

/// A file or a group: paths are relative to it, "/..." to the root.
class Location : public Object
{
  public:
    using Object::Object;

    Location create_group(std::string const& path);
    Location open_group(std::string const& path) const;
    Dataset open_dataset(std::string const& path) const;
    bool contains(std::string const& path) const;
    /// Names of the objects in this group, sorted by name.
    std::vector<std::string> names() const;

    /// Missing groups on the way are created. Every element is \p fill, on disk.
    template <Number T>
    Dataset create_dataset(std::string const& path, Shape const& shape, T fill);
    /// Fixed slots of \p bytes each, zeros.
    Dataset create_text_slots(std::string const& path, Shape const& shape, std::size_t bytes);
    /// A dataset of texts of \p shape, in slots of the longest one's length.
    void create_texts(std::string const& path, Shape const& shape, std::span<std::string const> texts);
    /// A scalar text.
    void create_text(std::string const& path, std::string const& text);
    std::string read_text(std::string const& path) const;
};

class File : public Location
{
  public:
    /// Serial; replaces what is there.
    static File create(std::filesystem::path const& path);
    /// Collective over \p world, for independent raw writes; with one rank HDF5's serial driver, unbuffered.
    static File open(std::filesystem::path const& path, mpi::Communicator const& world);
    /// Serial. HDF5 takes no lock, so that a file may be read while it is being written.
    static File open_readonly(std::filesystem::path const& path);

    void flush();
    /// Collective for a file opened by several ranks.
    void close();
    /// Give the file up without closing it, when the other ranks cannot take part any more.
    void abandon() noexcept { handle_.release(); }

  private:
    using Location::Location;
};

/// Version of the HDF5 library, such as "1.10.8".
std::string library_version();
/// Was it built with MPI? Without it several ranks cannot write one file.
bool is_parallel() noexcept;

}  // namespace ablatrix::h5
