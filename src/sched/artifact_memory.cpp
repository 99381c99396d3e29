#include "detail/artifact_memory.hpp"

#include <utility>

namespace ablatrix::sched::detail {

ArtifactMemory::Pointer ArtifactMemory::find(TaskIndex task)
{
    auto const place = places_.find(task);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return place->second->artifact;
}

void ArtifactMemory::keep(TaskIndex task, Pointer artifact)
{
    forget(task);
    std::size_t const bytes = artifact->memory_bytes();
    if (bytes > limit_bytes_) return;
    while (bytes_ + bytes > limit_bytes_)
        forget(entries_.back().task);
    entries_.push_front({task, std::move(artifact), bytes});
    places_[task] = entries_.begin();
    bytes_ += bytes;
}

void ArtifactMemory::forget(TaskIndex task)
{
    auto const place = places_.find(task);
    if (place == places_.end()) return;
    bytes_ -= place->second->bytes;
    entries_.erase(place->second);
    places_.erase(place);
}

}  // namespace ablatrix::sched::detail
