#include "detail/unfinished_training.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/nn/safetensors.hpp>

#include "detail/safetensors_file.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr std::string_view format = "ablatrix-training-1";
constexpr double least_training_per_save = 20;

using Tensors = std::map<std::string, TensorView, std::less<>>;

/// Why a file is of no use to this training.
struct Unusable
{
    std::string reason;
};

void check(bool condition, char const* reason)
{
    if (!condition) throw Unusable{reason};
}

template <typename T>
TensorView view_of(std::vector<T> const& values, DType type)
{
    return {type, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

std::span<std::byte const> bytes_of(at::Tensor const& tensor)
{
    return {static_cast<std::byte const*>(tensor.data_ptr()), tensor.nbytes()};
}

std::string checksum_of(std::int64_t steps, std::int64_t updates, Tensors const& tensors)
{
    base::Hasher hasher;
    hasher.add(static_cast<std::uint64_t>(steps)).add(static_cast<std::uint64_t>(updates));
    for (auto const& [name, tensor] : tensors)
        hasher.add(name).add(base::fingerprint_of(tensor.bytes));
    return hasher.finish().text();
}

/// The curves of \p dynamics under their names in the file.
template <typename Dynamics>
auto curves_of(Dynamics& dynamics)
{
    return std::vector{std::pair{"dynamics.loss", &dynamics.loss},
                       std::pair{"dynamics.train_margin", &dynamics.train_margin},
                       std::pair{"dynamics.eval_margin", &dynamics.eval_margin}};
}

template <typename T>
std::vector<T> values_of(TensorView const& tensor, DType type)
{
    check(tensor.type == type && tensor.bytes.size() % sizeof(T) == 0, "a tensor of it has another type");
    std::vector<T> out(tensor.bytes.size() / sizeof(T));
    if (!out.empty()) std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
    return out;
}

TensorView const& named(Tensors const& tensors, std::string_view name)
{
    auto const found = tensors.find(name);
    check(found != tensors.end(), "it lacks a tensor");
    return found->second;
}

std::string const& entry(std::map<std::string, std::string> const& metadata, std::string const& key)
{
    auto const found = metadata.find(key);
    check(found != metadata.end(), "it is not the state of a training");
    return found->second;
}

std::int64_t count(std::map<std::string, std::string> const& metadata, std::string const& key)
{
    auto const& text = entry(metadata, key);
    std::int64_t out = -1;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    check(error == std::errc{} && end == text.data() + text.size() && out >= 0, "its counts are damaged");
    return out;
}

void copy_into(at::Tensor const& target, TensorView const& from)
{
    auto const host = at::empty(target.sizes(), target.options().device(at::kCPU));
    if (!from.bytes.empty()) std::memcpy(host.data_ptr(), from.bytes.data(), from.bytes.size());
    target.copy_(host);
}

/// All or nothing: nothing of \p state changes until everything is known to be there.
void read(Safetensors const& file, base::Fingerprint const& training, TrainingState& state)
{
    auto const& metadata = file.metadata();
    check(entry(metadata, "format") == format, "it is not the state of a training");
    check(entry(metadata, "training") == training.text(), "it belongs to a training with other settings or data");
    auto const& tensors = file.tensors();
    TrainingState found{.steps = count(metadata, "steps"), .updates = count(metadata, "updates")};
    check(entry(metadata, "checksum") == checksum_of(found.steps, found.updates, tensors),
          "its checksum does not match");
    for (auto const& [name, values] : curves_of(found.dynamics))
        *values = values_of<float>(named(tensors, name), DType::f32);
    found.dynamics.epoch_loss = values_of<double>(named(tensors, "dynamics.epoch_loss"), DType::f64);
    for (auto const& [name, target] : state.tensors) {
        auto const& tensor = named(tensors, name);
        check(tensor.type == DType::f32 && tensor.bytes.size() == target.nbytes(), "a tensor of it has another size");
    }
    for (auto const& [name, target] : state.tensors)
        copy_into(target, named(tensors, name));
    found.tensors = state.tensors;
    state = std::move(found);
}

void set_aside(std::filesystem::path const& file, std::string const& reason)
{
    auto target = file;
    target += ".set-aside";
    std::error_code code;
    std::filesystem::rename(file, target, code);
    base::log_warning("the unfinished training '" + file.string() + "' cannot be continued (" + reason + "); " +
                      (code ? "it will be replaced" : "it now is '" + target.string() + "'") +
                      ", training starts anew");
}

}  // namespace

UnfinishedTraining::UnfinishedTraining(std::filesystem::path file, double every_s, base::Fingerprint training)
    : file_(std::move(file)), every_(every_s), training_(training)
{}

bool UnfinishedTraining::restore(TrainingState& state) const
{
    std::error_code unreachable;  // saving will say so
    if (file_.empty() || !std::filesystem::exists(file_, unreachable)) return false;
    try {
        read(Safetensors::open(file_), training_, state);
        base::log_info("training goes on after step " + std::to_string(state.steps) + ", from '" + file_.string() +
                       "'");
        return true;
    }
    catch (Unusable const& unusable) {
        set_aside(file_, unusable.reason);
    }
    catch (Error const& error) {
        set_aside(file_, error.what());
    }
    return false;
}

bool UnfinishedTraining::is_due() const
{
    return keeps() && Clock::now() - last_ >= every_;
}

void UnfinishedTraining::save(TrainingState const& state)
{
    auto const start = Clock::now();
    std::map<std::string, at::Tensor> held;  // copies of what lies on a device
    Tensors tensors;
    for (auto const& [name, tensor] : state.tensors) {
        auto const& host = held.emplace(name, tensor.cpu()).first->second;
        tensors[name] = {DType::f32, host.sizes().vec(), bytes_of(host)};
    }
    for (auto const& [name, values] : curves_of(state.dynamics))
        tensors[name] = view_of(*values, DType::f32);
    tensors["dynamics.epoch_loss"] = view_of(state.dynamics.epoch_loss, DType::f64);
    try {
        std::error_code code;  // what cannot be made cannot be written into, either
        std::filesystem::create_directories(file_.parent_path(), code);
        write_safetensors_file(file_, tensors,
                               {{"format", std::string{format}},
                                {"training", training_.text()},
                                {"steps", std::to_string(state.steps)},
                                {"updates", std::to_string(state.updates)},
                                {"checksum", checksum_of(state.steps, state.updates, tensors)}});
        base::fault_point("training.saved");
    }
    catch (Error const& error) {
        base::log_warning("training goes on, but its state cannot be saved: " + std::string{error.what()});
        file_.clear();
    }
    last_ = Clock::now();
    auto const least = least_training_per_save * std::chrono::duration<double>(last_ - start);
    if (every_ > every_.zero()) every_ = std::max(every_, least);
}

}  // namespace ablatrix::nn::detail
