#include "lang/driver/library.h"

#include <filesystem>

#include "lang/base/diagnostic.h"
#include "lang/base/utf8.h"
#include "runtime/context.h"
#include "runtime/files.h"

#include "stdlib/embedded.h"

namespace calc::driver {

namespace fs = std::filesystem;

std::string folder_of(const std::string& text_name) {
  return text_name.starts_with('<') ? "" : fs::path(text_name).parent_path().string();
}

const std::string_view* embedded(std::string_view name) {
  for (const stdlib::Module& module : stdlib::modules()) {
    if (module.name == name) return &module.text;
  }
  return nullptr;
}

std::vector<std::string> embedded_names() {
  std::vector<std::string> names;
  for (const stdlib::Module& module : stdlib::modules()) names.emplace_back(module.name);
  return names;
}

namespace {

bool is_name(std::string_view text) {
  if (text.empty() || !base::is_name_start(base::decode(text, 0).code)) return false;
  for (size_t at = 0; at < text.size();) {
    const base::Decoded next = base::decode(text, at);
    if (next.length == 0 || !base::is_name_part(next.code)) return false;
    at += next.length;
  }
  return true;
}

/// As a user would write the path: "lib/nn.calc" for "lib" and "./nn.calc".
std::string joined(const std::string& folder, const std::string& path) {
  return (fs::path(folder) / path).lexically_normal().string();
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_directory(path, error);
}

/// Devices and pipes may never end; what is much longer than a program is data.
void require_source(const std::string& path, const syntax::Import& import) {
  constexpr uintmax_t kMostSource = uintmax_t{256} << 20;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status) || fs::is_directory(status)) return;
  if (!fs::is_regular_file(status)) {
    base::fail(import.module_span, "`" + path + "` is not a regular file");
  }
  if (fs::file_size(path, error) > kMostSource && !error) {
    base::fail(import.module_span, "`" + path + "` is longer than 256 MiB",
               "data is read by `data.csv`");
  }
}

Found read(const std::string& path, const syntax::Import& import) {
  require_source(path, import);
  Found found;
  found.shown = path;
  try {
    found.text = rt::read_file(path);
  } catch (const rt::Failure& failure) {
    const std::string full = import.module + ".calc";
    base::fail(import.module_span, failure.message,
               is_file(path + ".calc") ? "did you mean `" + full + "`?" : failure.hint);
  }
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(path, error);
  found.id = error ? path : resolved.string();
  return found;
}

[[noreturn]] void not_found(const syntax::Import& import, const std::vector<std::string>& places) {
  std::string where;
  for (const std::string& place : places) where += ", `" + place + "`";
  const std::string near = base::nearest(import.module, embedded_names());
  base::fail(import.module_span, "there is no module `" + import.module + "`",
             near.empty()
                 ? "a file is imported by its path: `import \"./" + import.module + ".calc\"`"
                 : "did you mean `" + near + "`?",
             "looked for in the library" + where);
}

}  // namespace

Found Library::find(const syntax::Import& import, const std::string& folder) const {
  if (import.is_path) return read(joined(folder, import.module), import);
  if (const std::string_view* text = embedded(import.module)) {
    return {import.module, "<" + import.module + ">", std::string(*text), true};
  }
  std::vector<std::string> places{joined(folder, import.module + ".calc")};
  for (const std::string& other : search_path_) {
    places.push_back(joined(other, import.module + ".calc"));
  }
  for (const std::string& place : places) {
    if (is_file(place)) return read(place, import);
  }
  not_found(import, places);
}

bool Library::up_to_date(const std::string& id) {
  const Loaded* module = get(id);
  if (module == nullptr) return false;
  if (module->embedded) return true;
  uint64_t& checked = checked_[id];
  if (checked == text_) return true;
  try {
    if (rt::read_file(module->shown) != module->text) return false;
  } catch (const rt::Failure&) {
    return false;
  }
  // Modules do not import each other in a circle: this ends.
  for (const std::string& other : module->imports) {
    if (!up_to_date(other)) return false;
  }
  checked_[id] = text_;
  return true;
}

void Library::loaded(const Found& module, std::vector<std::string> imports) {
  loaded_[module.id] = std::make_shared<const Loaded>(
      Loaded{module.text, module.embedded, module.shown, std::move(imports)});
  checked_[module.id] = text_;
}

const Loaded* Library::get(std::string_view id) const {
  const auto found = loaded_.find(id);
  return found == loaded_.end() ? nullptr : found->second.get();
}

std::string bound_name(const syntax::Import& import) {
  if (!import.alias.empty()) return import.alias;
  if (!import.is_path) return import.module;
  std::string name = fs::path(import.module).stem().string();
  if (is_name(name)) return name;
  base::fail(import.module_span, "the file's name `" + name + "` cannot name a module here",
             "give it one: `import \"" + import.module + "\" as m`");
}

}  // namespace calc::driver
