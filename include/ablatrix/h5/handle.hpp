#pragma once

#include <cstdint>
#include <utility>

namespace ablatrix::h5 {

/// HDF5's hid_t, without its header.
using Id = std::int64_t;

/// Owns one HDF5 identifier of any kind (file, group, dataset, space, type, property list). Move-only.
class Handle
{
  public:
    Handle() noexcept = default;
    explicit Handle(Id id) noexcept : id_(id) {}
    ~Handle() { reset(); }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, closed)) {}
    Handle& operator=(Handle&& other) noexcept
    {
        if (this != &other) {
            reset();
            id_ = std::exchange(other.id_, closed);
        }
        return *this;
    }

    Id id() const noexcept { return id_; }
    bool is_open() const noexcept { return id_ >= 0; }
    /// Close; a failure is logged.
    void reset() noexcept;
    /// Give the identifier up without closing it.
    Id release() noexcept { return std::exchange(id_, closed); }

  private:
    static constexpr Id closed = -1;
    Id id_ = closed;
};

}  // namespace ablatrix::h5
