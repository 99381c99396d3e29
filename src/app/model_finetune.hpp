#pragma once

#include "commands.hpp"

namespace ablatrix::app {

/// `ablatrix model finetune`.
ExitCode finetune_model(Arguments const& arguments);

}  // namespace ablatrix::app
