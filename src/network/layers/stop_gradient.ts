/** @file Values that are taken as they are: no gradient passes back through them. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';

export const stopGradient = defineLayer({
  type: 'stop_gradient',
  family: 'shape',
  title: 'Stop of the gradient',
  synonyms: ['detach', 'no_grad', 'stopgradient'],
  formula: 'y = x; ∂y/∂x counts as 0: what lies before learns nothing by this path',
  sources: ['PyTorch, torch.Tensor.detach', 'Kim et al. 2022, Reversible instance normalization'],
  options: {},
  inert: () => true,
  mask: 'passed',
  build: ({ g }, x) => c.stopGradient(g, x),
  theory: 'no gradient passes it',
  code: () => ({ pytorch: ['Expression(lambda x: x.detach())'], keras: ['StopGradient()'] }),
});
