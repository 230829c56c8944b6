// SPDX-License-Identifier: Apache-2.0
// The set of inner loops of one instruction set; read after its functions. No include guard.
constexpr CpuKernels kKernels{.name = kName,
                              .lanes = kLanes,
                              .panel_product = panel_product,
                              .round_row = round_row,
                              .tanh = tanh,
                              .sigmoid = sigmoid,
                              .relu_squared = relu_squared,
                              .layer_norm = layer_norm,
                              .rms_norm = rms_norm,
                              .add_terms = add_terms,
                              .swiglu = swiglu,
                              .softmax_head = softmax_head,
                              .shift_mix = shift_mix,
                              .attend_tile = attend_tile,
                              .wkv7_decay = wkv7_decay,
                              .wkv7_steps = wkv7_steps,
                              .wkv7_tile_gradient = wkv7_tile_gradient};
