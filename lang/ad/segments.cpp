// The loops of a checkpoint run in segments, so that recomputing them keeps little at a time.
//
//   for i in 0..n { c = body(i, c) }
//     = for s in 0..ceil(n / m) { c = segment(s m, min(m, n - s m), c) },    m about sqrt(n)
//
// where a segment is a checkpoint again: going backwards the carried values at the beginning of
// each segment are kept, and within one segment the residuals of its m iterations.
#include <algorithm>

#include "lang/ad/engine.h"

namespace calc::ad {

namespace {

using Values = std::vector<ValueId>;

class Segmenter {
 public:
  Segmenter(Engine& engine, Function& function)
      : engine_(engine),
        function_(function),
        old_(std::move(function.body.ops)),
        builder_(engine.module(), function, function.body) {}

  void run() {
    for (Op& op : old_) {
      builder_.loc = op.loc;
      if (worthwhile(op)) {
        replace(op);
      } else {
        builder_.adopt(std::move(op));
      }
    }
  }

 private:
  bool worthwhile(const Op& op) const {
    constexpr int64_t kFew = 16;
    if (op.kind != OpKind::For || op.reverse()) return false;
    const bool stacks = op.results.size() + 1 != op.args.size();
    if (stacks || op.results.empty()) return false;
    const Op* count = builder_.definition(op.args[0]);
    return !count || count->kind != OpKind::Constant || count->constant.as_int() >= kFew;
  }

  void replace(const Op& op) {
    const Values captured = core::free_values(op);
    const FunctionId segment = make_segment(op, captured);
    const ValueId count = op.args[0];
    const ValueId length = root_of(count);
    const ValueId segments =
        builder_.op("floordiv", {builder_.sub(builder_.add(count, length), one()), length});
    std::vector<Type> types;
    for (ValueId param : op.blocks[0].params) types.push_back(function_.type(param));
    const Values in = builder_.open_block(types);
    const ValueId start = builder_.mul(in[0], length);
    Values args{start, builder_.op("min", {length, builder_.sub(count, start)})};
    args.insert(args.end(), in.begin() + 1, in.end());
    args.insert(args.end(), captured.begin(), captured.end());
    Block body = builder_.close_block(builder_.call(segment, std::move(args)));
    Op loop = op;
    loop.args[0] = segments;
    loop.blocks = {std::move(body)};
    builder_.adopt(std::move(loop));
  }

  ValueId one() { return builder_.integer(1); }
  /// 1 + the whole part of the square root.
  ValueId root_of(ValueId count) {
    const ValueId some = builder_.op("max", {count, builder_.integer(0)});
    const ValueId root = builder_.op("sqrt", {builder_.convert(some, core::Elem::F64)});
    return builder_.add(builder_.convert(root, core::Elem::I64), one());
  }

  /// (start, length, carried…, captured…) -> carried…
  FunctionId make_segment(const Op& op, const Values& captured) {
    auto made = std::make_unique<Function>();
    made->name = function_.name + ".segment";
    made->user_name = function_.user_name;
    made->checkpoint = true;
    Builder builder(engine_.module(), *made);
    builder.loc = op.loc;
    const Type index = core::scalar_type(core::Elem::I64);
    const ValueId start = builder.add_param(index);
    const ValueId length = builder.add_param(index);
    const Block& body = op.blocks[0];
    std::vector<Type> types;
    for (ValueId param : body.params) types.push_back(function_.type(param));
    Values init;
    for (size_t k = 1; k < types.size(); ++k) init.push_back(builder.add_param(types[k]));
    core::ValueMap map;
    for (ValueId value : captured) map[value] = builder.add_param(function_.type(value));
    const Values in = builder.open_block(types);
    map[body.params[0]] = builder.add(start, in[0]);
    for (size_t k = 1; k < types.size(); ++k) map[body.params[k]] = in[k];
    Values results = core::inline_block(builder, function_, body, map);
    Block inner = builder.close_block(std::move(results));
    builder.set_results(builder.emit_for(length, std::move(init), std::move(inner)));
    const FunctionId id = engine_.define(std::move(made));
    engine_.optimize(id);
    return id;
  }

  Engine& engine_;
  Function& function_;
  std::vector<Op> old_;
  Builder builder_;
};

}  // namespace

void segment_loops(Engine& engine, FunctionId id) {
  Segmenter(engine, engine.module().get(id)).run();
}

}  // namespace calc::ad
