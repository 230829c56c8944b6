# SPDX-License-Identifier: Apache-2.0
# python3 random_state_dicts.py COUNT FOLDER: random state dicts as torch.save writes them. Beside each
# N.pth lies N.json, [[name, dtype, shape], ...], and N.bin, the contiguous bytes of all tensors.
import collections, json, random, sys
import torch

DTYPES = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16", torch.float64: "f64",
          torch.int64: "i64", torch.int32: "i32", torch.int16: "i16", torch.int8: "i8",
          torch.uint8: "u8", torch.bool: "bool"}


def random_tensor(rng, base):
    dtype = rng.choice(list(DTYPES))
    shape = [rng.choice([1, 1, 2, 3, 5, 8, 17]) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.05:
        shape.append(0)
    count = 1
    for n in shape:
        count *= n
    raw = torch.tensor([rng.getrandbits(8) for _ in range(count * 8)], dtype=torch.uint8)
    if dtype is torch.bool:
        tensor = (raw[:count] % 2).to(torch.bool).reshape(shape)
    else:
        size = torch.empty(0, dtype=dtype).element_size()
        tensor = raw[:count * size].clone().view(dtype).reshape(shape)
    kind = rng.random()
    if kind < 0.15 and tensor.dim() == 2:
        tensor = tensor.t()
    elif kind < 0.3 and tensor.dim() > 0 and tensor.shape[0] > 2:
        tensor = tensor[1:]
    elif kind < 0.4 and tensor.dim() > 0 and tensor.shape[-1] > 2:
        tensor = tensor[..., ::2]
    elif kind < 0.5 and base is not None:
        return base  # two names, one storage
    elif kind < 0.6 and dtype.is_floating_point:
        tensor = torch.nn.Parameter(tensor, requires_grad=rng.random() < 0.5)
    return tensor


def random_dict(rng):
    tensors, last = collections.OrderedDict(), None
    for i in range(rng.randint(1, 12)):
        prefix = rng.choice(["", "model.", "_forward_module.", "blocks.%d.att." % i])
        last = random_tensor(rng, last)
        tensors["%sw%d_%s" % (prefix, i, rng.choice(["weight", "é", "x y", "0"]))] = last
    return tensors


def stripped(name):
    for prefix in ("_forward_module.", "model."):
        name = name[len(prefix):] if name.startswith(prefix) else name
    return name


count, folder = int(sys.argv[1]), sys.argv[2]
for n in range(count):
    rng = random.Random(n)
    tensors = random_dict(rng)
    form = rng.randint(0, 4)
    saved = tensors
    if form == 1:
        saved = dict(tensors)
    elif form == 2:
        saved = {"state_dict": tensors}
    elif form == 3:
        saved = {"model": dict(tensors)}
    elif form == 4:  # as Module.state_dict() gives it
        tensors._metadata = collections.OrderedDict([("", {"version": 1})])
    torch.save(saved, "%s/%d.pth" % (folder, n))
    with open("%s/%d.json" % (folder, n), "w") as out:
        json.dump([[stripped(name), DTYPES[t.dtype], list(t.shape)] for name, t in tensors.items()], out)
    with open("%s/%d.bin" % (folder, n), "wb") as out:
        for t in tensors.values():
            flat = t.detach().contiguous().reshape(-1)
            flat = flat.to(torch.uint8) if t.dtype is torch.bool else flat.view(torch.uint8) if flat.numel() else flat.to(torch.uint8)
            out.write(flat.numpy().tobytes())
