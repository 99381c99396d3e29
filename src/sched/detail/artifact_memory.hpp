#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::sched::detail {

/// Artifacts that this rank made or read lately, so that they are not read again: least recently used ones go first.
class ArtifactMemory
{
  public:
    using Pointer = std::shared_ptr<base::Bundle const>;

    explicit ArtifactMemory(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    Pointer find(base::Fingerprint const& fingerprint);
    /// Artifacts larger than the limit are not kept.
    void keep(base::Fingerprint const& fingerprint, Pointer artifact);
    void forget(base::Fingerprint fingerprint);
    std::size_t bytes() const noexcept { return bytes_; }

  private:
    struct Entry
    {
        base::Fingerprint fingerprint;
        Pointer artifact;
        std::size_t bytes;
    };

    std::size_t limit_bytes_;
    std::size_t bytes_ = 0;
    std::list<Entry> entries_;  // most recent first
    std::unordered_map<base::Fingerprint, std::list<Entry>::iterator> places_;
};

}  // namespace ablatrix::sched::detail
