#include "detail/checkpoint.hpp"

#include <ATen/ATen.h>

#include <map>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/checkpoint_files.hpp"
#include "detail/checkpoint_names.hpp"
#include "detail/tensor_copy.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn::detail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_tokenizer_file = std::size_t{1} << 30;

using Parameters = std::map<std::string, at::Tensor>;

Parameters parameters_of(torch::nn::Module const& module)
{
    Parameters out;
    for (auto const& item : module.named_parameters())
        out.emplace(item.key(), item.value());
    return out;
}

std::vector<std::string> names_of(Parameters const& parameters)
{
    std::vector<std::string> out;
    for (auto const& [name, parameter] : parameters)
        out.push_back(name);
    return out;
}

std::string shape_text(at::IntArrayRef shape)
{
    std::string out = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return out + "]";
}

/// Pairs tensors with parameters, notes what does not fit, and copies once everything does.
class Loading
{
  public:
    explicit Loading(CheckpointNames& names) : names_(names) {}

    void add(Parameters const& parameters, Part part)
    {
        for (auto const& [name, parameter] : parameters)
            if (!add(name, parameter, part)) missing_.push_back(names_.name_of(name, part));
    }

    /// False when the file does not have it.
    bool add(std::string const& name, at::Tensor const& parameter, Part part)
    {
        auto const found = names_.take(name, part);
        if (!found) return false;
        if (at::IntArrayRef(found->view->shape) != parameter.sizes())
            misshapen_.push_back(found->name + " is " + shape_text(found->view->shape) + " instead of " +
                                 shape_text(parameter.sizes()));
        pairs_.emplace_back(*found, parameter);
        return true;
    }

    void check_missing(std::string const& what, std::string const& way_out) const
    {
        if (!missing_.empty()) refuse("lacks tensors of " + what + ": " + base::join(missing_, ", "), way_out);
    }

    void finish() const
    {
        if (!misshapen_.empty())
            refuse("has tensors of other sizes than config.json says: " + base::join(misshapen_, "; "),
                   "Take both from one place");
        auto const unexpected = names_.unexpected();
        if (!unexpected.empty())
            refuse("has tensors that this kind of model has no place for: " + base::join(unexpected, ", "),
                   "Check model_type and the sizes in config.json");
        for (auto const& [found, parameter] : pairs_)
            copy_tensor(*found.view, found.name, names_.file(), parameter);
    }

  private:
    [[noreturn]] void refuse(std::string const& problem, std::string const& way_out) const
    {
        throw DataError(names_.file(), 0, problem + ". " + way_out);
    }

    CheckpointNames& names_;
    std::vector<std::pair<CheckpointNames::Found, at::Tensor>> pairs_;
    std::vector<std::string> missing_;
    std::vector<std::string> misshapen_;
};

/// The parameters of a new head that nothing is read for.
std::vector<std::string> load_pooler(Loading& loading, Family family, Parameters const& head)
{
    std::vector<std::string> fresh;
    for (auto const& [name, parameter] : head) {
        bool const pretrained = family == Family::bert && name.starts_with("pooler.");
        if (!pretrained || !loading.add(name, parameter, Part::head)) fresh.push_back(name);
    }
    return fresh;
}

/// What a file gets: float32, in one piece, in host memory. Keeps the tensors that the views show.
class Collected
{
  public:
    void add(torch::nn::Module const& module, Family family, Part part)
    {
        for (auto const& [name, parameter] : parameters_of(module)) {
            at::Tensor const& tensor = tensors_.emplace_back(parameter.detach().to(at::kCPU, at::kFloat).contiguous());
            std::span<std::byte const> const bytes{static_cast<std::byte const*>(tensor.data_ptr()), tensor.nbytes()};
            views_.emplace(checkpoint_name(family, part, name, true),
                           TensorView{DType::f32, tensor.sizes().vec(), bytes});
        }
    }
    std::map<std::string, TensorView, std::less<>> const& views() const noexcept { return views_; }

  private:
    std::vector<at::Tensor> tensors_;
    std::map<std::string, TensorView, std::less<>> views_;
};

}  // namespace

std::vector<std::string> load_checkpoint(Safetensors const& file, EncoderConfig const& config,
                                         torch::nn::Module& backbone, torch::nn::Module* head, HeadSource source)
{
    auto const parameters = parameters_of(backbone);
    CheckpointNames names(file, config, names_of(parameters));
    Loading loading(names);
    loading.add(parameters, Part::backbone);
    loading.check_missing("the encoder", "Check that config.json belongs to these weights");
    std::vector<std::string> fresh;
    if (head != nullptr && source == HeadSource::checkpoint) {
        loading.add(parameters_of(*head), Part::head);
        loading.check_missing("the head", "Use a checkpoint that was trained for this task, or train one");
    }
    else if (head != nullptr) {
        fresh = load_pooler(loading, config.family, parameters_of(*head));
    }
    loading.finish();
    return fresh;
}

void save_classifier(fs::path const& folder, EncoderConfig const& config, torch::nn::Module const& backbone,
                     torch::nn::Module const& head, fs::path const& tokenizer_folder)
{
    std::error_code code;
    fs::create_directories(folder, code);
    ABLATRIX_VALIDATE(!code, "cannot make folder " + folder.string() + " (" + code.message() + "). Choose another one");
    for (std::string const& name : tokenizer_files(tokenizer_folder))
        write_whole_file(folder / name, read_whole_file(tokenizer_folder / name, longest_tokenizer_file));
    write_whole_file(folder / "config.json", classifier_config_json(config));
    Collected collected;
    collected.add(backbone, config.family, Part::backbone);
    collected.add(head, config.family, Part::head);
    write_safetensors(folder, collected.views());
}

}  // namespace ablatrix::nn::detail
