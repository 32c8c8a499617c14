/**
 * The shapes of what the server sends. core/epochscope/server/bundle.py describes the bytes, core/epochscope/ui/shared/stage.py the panels.
 *
 * @typedef {object} Declared  what epochs may hold (core/epochscope/runs/format/channels.py)
 * @property {Record<string, string>} channels  the encoding of each
 * @property {Record<string, {counts: boolean, unit: string}>} line_numbers  lists of numbers
 *
 * @typedef {RunFacts & Declared} RunInfo  what holds for a whole run
 *
 * @typedef {[left: number, right: number, bottom: number, top: number]} Box  in units of the plane
 * @typedef {Record<string, number | null>} Numbers  by name, as an epoch records them
 *
 * @typedef {object} Frame  one projection of one epoch; a coordinate is center + scale * value / 32767
 * @property {number} epoch
 * @property {Int16Array | Float32Array} xy  x0 y0 x1 y1 ... of the drawn points
 * @property {number[]} center  x and y
 * @property {number} scale
 * @property {number | null} seconds  that its computation took
 * @property {number | null} trust  mean share of neighbors among the codes that are neighbors in it
 * @property {Int16Array | Float32Array | null} centers  of the clusters, like `xy`; only where the projection is linear
 * @property {Float32Array | null} ellipses  covariance xx, xy, yy of each cluster
 * @property {Int16Array | Float32Array | null} forces  of the first points: forceScale * value / 32767
 * @property {number} forceScale
 * @property {number} [apart]  bytes of its points, where these are asked for when they are needed: `xy` is empty till then
 * @property {Box} box  that holds all of its points
 * @property {Box} [around]  that holds all points of all frames of its run, if this one was turned
 *
 * @typedef {object} Sprite  where the pictures of the drawn points are
 * @property {string} url  with "{sheet}" where the number of a sheet belongs
 * @property {number} [tiles]  on a sheet; absent where there is one sheet
 * @property {number} [pictured]  how many of the drawn points have one: the first ones; absent where all have
 * @property {number} tile_width
 * @property {number} tile_height
 * @property {number} columns
 *
 * @typedef {object} RunFacts
 * @property {string} run_title
 * @property {number} n  points in all
 * @property {number} k  clusters
 * @property {number} f  features of a point
 * @property {string[]} [classes]  their names
 * @property {number} [m]  points that are drawn
 * @property {number} [r]  the first of them, which are the rows of heat maps
 * @property {number} [every]  codes, Q and P of the points are stored at each epoch (1 or absent), each 2nd, each 3rd ...
 * @property {ArrayLike<number> | null} truth  class of each drawn point
 * @property {ArrayLike<number>} index  place of each drawn point in the data
 * @property {Sprite | null} sprite
 * @property {string[]} provides  what its method and data give
 * @property {boolean} [finds_k]  whether the method finds the number of clusters itself
 * @property {string[]} [numbers]  names of the numbers of each point that a loop logged
 * @property {Record<string, number>} [plan]  phase -> the most epochs it may take
 * @property {{key: string, title: string, note?: string}[]} [projections]
 * @property {number} [one_cluster]  accuracy if all points were in one cluster
 * @property {number} [unused_share]  a cluster with less than this share of the mean size is unused
 * @property {number | null} [tol]  share of changed labels below which the training stops
 *
 * @typedef {object} RunStatus
 * @property {string} [state]
 * @property {string} [phase]
 * @property {string} [doing]
 * @property {string} [message]
 * @property {number} [progress]  0 to 1
 * @property {number} [eta_seconds]
 *
 * @typedef {object} ParamChange  of a hyperparameter, while the run went on
 * @property {number} epoch
 * @property {string} name
 * @property {string} [symbol]
 * @property {number | string | boolean} old
 * @property {number | string | boolean} new
 *
 * @typedef {object} BundleHeader
 * @property {Partial<RunFacts>} [grown]  of a recorded loop: what may be more than when it began
 * @property {RunStatus} [status]
 * @property {boolean} [live]  whether more may follow
 * @property {ParamChange[]} [marks]
 * @property {string} [projection_error]
 * @property {number} [recorded]  epochs that the run has, sent or not
 * @property {boolean} [ahead]  whether its epochs and frames come ahead of their turn
 *
 * @typedef {object} Bundle
 * @property {BundleHeader} header
 * @property {import("./epoch.js").Epoch[]} epochs
 * @property {Frame[]} frames
 */
export {};
