#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/nn/safetensors.hpp>

/// \file
/// Between a checkpoint's files and torch modules. Modules register their parameters under Hugging Face's names without
/// the family's prefix (a head: under its names at the top of the file; BERT's head registers `pooler` as well, which
/// files keep below the prefix). BART registers its one embedding table as `shared.weight` only.

namespace ablatrix::nn::detail {

enum class HeadSource
{
    checkpoint,  ///< every parameter of the head must be in the file, with its shape
    fresh        ///< a new head: nothing of it is read but BERT's pooler, which belongs to pre-training
};

/// Copies the values of \p file into the parameters of \p backbone and, unless it is null, \p head (converted to their
/// type and device; they never refer to mapped storage).
///
/// Names match with the family's prefix or without it, whichever the file uses, for all of them alike. Old names
/// (gamma, beta) are understood. Integer buffers, heads that were not asked for and what models.md 1.4 lists are passed
/// over. \returns parameters of \p head that the file does not give, as registered, sorted: for HeadSource::fresh
/// alone; they
///          keep what values they had
/// \throws DataError naming file and tensors: missing (all of them), unexpected, of another shape, of a type that is
/// not
///         floating point, tied but different, with NaN or infinite values
std::vector<std::string> load_checkpoint(Safetensors const& file, EncoderConfig const& config,
                                         torch::nn::Module& backbone, torch::nn::Module* head = nullptr,
                                         HeadSource source = HeadSource::checkpoint);

/// Writes a folder that transformers' AutoModelForSequenceClassification loads: weights in float32 under the names of
/// the family; config.json with the keys of \p config.json, its labels and the architecture; the tokenizer's files of
/// \p tokenizer_folder byte for byte. Weights come last, so that a folder with weights is complete. \throws Error
/// naming the file that cannot be read or written
void save_classifier(std::filesystem::path const& folder, EncoderConfig const& config,
                     torch::nn::Module const& backbone, torch::nn::Module const& head,
                     std::filesystem::path const& tokenizer_folder);

}  // namespace ablatrix::nn::detail
