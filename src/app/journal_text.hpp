#pragma once

#include <string>

#include <ablatrix/store/journal.hpp>

namespace ablatrix::app {

/// "Took 3 runs and 12 columns from the journals", damage and torn records; a line each, empty when there is nothing to
/// say.
std::string describe_replay(store::Replayed const& replayed);
/// Damage alone, at most a few lines.
std::string describe_damage(store::JournalReport const& report);

}  // namespace ablatrix::app
