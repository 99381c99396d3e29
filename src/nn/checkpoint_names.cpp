#include "detail/checkpoint_names.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/strict_json.hpp"

namespace ablatrix::nn::detail {

namespace {

constexpr std::string_view tied_table = "shared.weight";
/// Names of BART's one table of words, the usual one first.
constexpr std::array<std::string_view, 3> tied_names{tied_table, "encoder.embed_tokens.weight",
                                                     "decoder.embed_tokens.weight"};

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> beginnings)
{
    return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

bool is_floating(DType type)
{
    return type <= DType::f8_e5m2;
}

/// Old files call the two vectors of a norm gamma and beta.
std::string new_name(std::string_view name)
{
    for (auto const& [before, after] : {std::pair{".gamma", ".weight"}, std::pair{".beta", ".bias"}})
        if (name.ends_with(before))
            return std::string{name.substr(0, name.size() - std::string_view{before}.size())} + after;
    return std::string{name};
}

std::string_view without_prefix(std::string_view name, Family family)
{
    auto const prefix = checkpoint_prefix(family);
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

bool is_tied_name(std::string_view name, Family family)
{
    return family == Family::bart && std::ranges::find(tied_names, name) != tied_names.end();
}

std::string place_of(Safetensors const& tensors)
{
    auto const& files = tensors.files();
    if (files.empty()) return "weights";
    return (files.size() == 1 ? files.front() : files.front().parent_path()).string();
}

}  // namespace

std::string_view checkpoint_prefix(Family family)
{
    switch (family) {
        case Family::roberta:
            return "roberta.";
        case Family::electra:
            return "electra.";
        case Family::deberta_v2:
            return "deberta.";
        case Family::bart:
            return "model.";
        default:
            return "bert.";
    }
}

std::string checkpoint_name(Family family, Part part, std::string const& name, bool prefixed)
{
    // BERT's pooler serves its head but belongs to the encoder.
    bool const below = part == Part::backbone || (family == Family::bert && name.starts_with("pooler."));
    return prefixed && below ? std::string{checkpoint_prefix(family)} + name : name;
}

CheckpointNames::CheckpointNames(Safetensors const& tensors, EncoderConfig const& config,
                                 std::span<std::string const> backbone)
    : config_(config), file_(place_of(tensors))
{
    for (auto const& [name, view] : tensors.tensors())
        if (auto const [old, fresh] = tensors_.try_emplace(new_name(name), Found{name, &view}); !fresh)
            throw DataError(
                file_, 0,
                "holds " + shown(name) + " and " + shown(old->second.name) + ", two names of one tensor. Remove one");
    auto const count = [&](bool prefixed) {
        return std::ranges::count_if(backbone, [&](std::string const& name) {
            return tensors_.contains(checkpoint_name(config.family, Part::backbone, name, prefixed));
        });
    };
    prefixed_ = count(true) > count(false);
}

std::optional<CheckpointNames::Found> CheckpointNames::take(std::string const& name, Part part)
{
    std::optional<Found> found;
    auto const look = [&](std::string const& one_name) {
        auto const place = tensors_.find(name_of(one_name, part));
        if (place == tensors_.end()) return;
        used_.insert(place->first);
        if (found && !std::ranges::equal(found->view->bytes, place->second.view->bytes))
            throw DataError(file_, 0,
                            shown(found->name) + " and " + shown(place->second.name) +
                                " differ, but are one table to this family. Use another checkpoint");
        if (!found) found = place->second;
    };
    if (is_tied_name(name, config_.family) && part == Part::backbone)
        std::ranges::for_each(tied_names, look, [](std::string_view tied) { return std::string{tied}; });
    else
        look(name);
    return found;
}

std::string CheckpointNames::name_of(std::string const& name, Part part) const
{
    return checkpoint_name(config_.family, part, name, prefixed_);
}

bool CheckpointNames::is_ignored(std::string_view name) const
{
    name = without_prefix(name, config_.family);
    if (starts_with_any(name, {"classifier.", "classification_head.", "qa_outputs.", "pooler.", "cls.", "lm_head."}))
        return true;
    switch (config_.family) {
        case Family::electra:
            return starts_with_any(name, {"discriminator_predictions.", "generator_"});
        case Family::deberta_v2:
            return starts_with_any(name, {"lm_predictions.", "mask_predictions.", "embeddings.position_embeddings."});
        case Family::bart:
            return name == "final_logits_bias" || name.ends_with(".version");
        default:
            return false;
    }
}

std::vector<std::string> CheckpointNames::unexpected() const
{
    std::vector<std::string> out;
    for (auto const& [name, found] : tensors_)
        if (!used_.contains(name) && is_floating(found.view->type) && !is_ignored(name)) out.push_back(found.name);
    return out;
}

std::vector<std::string> heads_of(Safetensors const& tensors, Family family)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> known{
        {{"classifier.", "classifier"},
         {"classification_head.", "classifier"},
         {"qa_outputs.", "span QA"},
         {"cls.predictions.", "masked LM"},
         {"lm_head.", "masked LM"},
         {"lm_predictions.", "masked LM"},
         {"generator_predictions.", "masked LM"},
         {"generator_lm_head.", "masked LM"},
         {"discriminator_predictions.", "replaced tokens"},
         {"mask_predictions.", "replaced tokens"},
         {"pooler.", "pooler"}}};
    std::set<std::string> found;
    for (auto const& [name, view] : tensors.tensors())
        for (auto const& [beginning, head] : known)
            if (without_prefix(name, family).starts_with(beginning)) found.emplace(head);
    return {found.begin(), found.end()};
}

std::int64_t parameter_count(Safetensors const& tensors, Family family)
{
    std::int64_t out = 0;
    bool table_counted = false;
    for (auto const& [name, view] : tensors.tensors()) {
        if (!is_floating(view.type)) continue;
        if (is_tied_name(without_prefix(name, family), family) && std::exchange(table_counted, true)) continue;
        out += static_cast<std::int64_t>(view.bytes.size() / item_size(view.type));
    }
    return out;
}

}  // namespace ablatrix::nn::detail
