#include "detail/artifact_memory.hpp"

#include <utility>

namespace ablatrix::sched::detail {

ArtifactMemory::Pointer ArtifactMemory::find(base::Fingerprint const& fingerprint)
{
    auto const place = places_.find(fingerprint);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return place->second->artifact;
}

void ArtifactMemory::keep(base::Fingerprint const& fingerprint, Pointer artifact)
{
    forget(fingerprint);
    std::size_t const bytes = artifact->memory_bytes();
    if (bytes > limit_bytes_) return;
    while (bytes_ + bytes > limit_bytes_)
        forget(entries_.back().fingerprint);
    entries_.push_front({fingerprint, std::move(artifact), bytes});
    places_[fingerprint] = entries_.begin();
    bytes_ += bytes;
}

void ArtifactMemory::forget(base::Fingerprint fingerprint)
{
    auto const place = places_.find(fingerprint);
    if (place == places_.end()) return;
    bytes_ -= place->second->bytes;
    entries_.erase(place->second);
    places_.erase(place);
}

}  // namespace ablatrix::sched::detail
