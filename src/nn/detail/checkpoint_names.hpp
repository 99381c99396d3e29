#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/nn/safetensors.hpp>

namespace ablatrix::nn::detail {

/// "bert.", "roberta.", "electra.", "deberta.", "model.": what stands before the names of an encoder that has a head.
std::string_view checkpoint_prefix(Family family);

/// The name in a file of what a module registers as \p name.
enum class Part
{
    backbone,
    head
};
std::string checkpoint_name(Family family, Part part, std::string const& name, bool prefixed);

/// The tensors of a file, by the names under which modules ask for them (models.md 1.4 and 1.5).
class CheckpointNames
{
  public:
    struct Found
    {
        std::string name;  ///< as the file spells it
        TensorView const* view;
    };

    /// Whether the file uses the family's prefix shows in how many of \p backbone it has either way.
    /// \throws DataError when a tensor is there under its old and its new name
    CheckpointNames(Safetensors const& tensors, EncoderConfig const& config, std::span<std::string const> backbone);

    /// The tensor of a parameter, which counts as used from now on. \throws DataError when tied tables differ
    std::optional<Found> take(std::string const& name, Part part);
    std::string name_of(std::string const& name, Part part) const;
    /// Names that nobody took and that are not known to mean nothing to an encoder or another head.
    std::vector<std::string> unexpected() const;
    /// For messages: the file, or the folder of the shards.
    std::string const& file() const noexcept { return file_; }

  private:
    bool is_ignored(std::string_view name) const;

    EncoderConfig const& config_;
    std::string file_;
    std::map<std::string, Found, std::less<>> tensors_;  // by new name
    std::set<std::string, std::less<>> used_;
    bool prefixed_ = false;
};

/// Heads that a checkpoint has: "classifier", "span QA", "masked LM", "replaced tokens", "pooler".
std::vector<std::string> heads_of(Safetensors const& tensors, Family family);
/// Parameters of all floating tensors; a table that is there under several names counts once.
std::int64_t parameter_count(Safetensors const& tensors, Family family);

}  // namespace ablatrix::nn::detail
