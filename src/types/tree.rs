//! An ordered map whose clones share what they have in common.
//!
//! A B+ tree of reference-counted nodes. A clone copies one pointer; a change copies the nodes on
//! its path that a clone still holds, and none where nobody does. That is what makes a database at a
//! point a value: a view keeps its tree while the writer goes on with another.

use std::borrow::Borrow;
use std::sync::Arc;

/// The most entries of a leaf and children of an inner node.
const FANOUT: usize = 64;

/// An ordered map with cheap clones.
#[derive(Clone, Debug)]
pub struct Tree<K, V> {
    root: Arc<TreeNode<K, V>>,
    len: usize,
}

#[derive(Debug)]
enum TreeNode<K, V> {
    Leaf {
        keys: Vec<K>,
        values: Vec<V>,
    },
    /// `firsts[i]` is at most every key of `children[i]` and above every key of `children[i - 1]`.
    Inner {
        firsts: Vec<K>,
        children: Vec<Arc<TreeNode<K, V>>>,
    },
}

/// A node is copied to be changed: mostly it gets one more entry.
impl<K: Clone, V: Clone> Clone for TreeNode<K, V> {
    fn clone(&self) -> TreeNode<K, V> {
        fn with_room<T: Clone>(all: &[T]) -> Vec<T> {
            let mut copy = Vec::with_capacity(all.len() + 1);
            copy.extend_from_slice(all);
            copy
        }
        match self {
            TreeNode::Leaf { keys, values } => {
                TreeNode::Leaf { keys: with_room(keys), values: with_room(values) }
            }
            TreeNode::Inner { firsts, children } => {
                TreeNode::Inner { firsts: with_room(firsts), children: with_room(children) }
            }
        }
    }
}

impl<K, V> Default for Tree<K, V> {
    fn default() -> Self {
        Tree { root: Arc::new(TreeNode::Leaf { keys: Vec::new(), values: Vec::new() }), len: 0 }
    }
}

/// The child in which `key` belongs. The last is asked first: keys mostly come in their order.
fn child_of<K: Borrow<Q>, Q: Ord + ?Sized>(firsts: &[K], key: &Q) -> usize {
    match firsts.split_last() {
        Some((last, before)) if last.borrow() > key => {
            before.partition_point(|first| first.borrow() <= key).saturating_sub(1)
        }
        Some((_, before)) => before.len(),
        None => 0,
    }
}

/// Where `key` is among the keys of a leaf, or where it would be.
fn place_in<K: Borrow<Q>, Q: Ord + ?Sized>(keys: &[K], key: &Q) -> Result<usize, usize> {
    match keys.last() {
        Some(last) if last.borrow() >= key => keys.binary_search_by(|k| k.borrow().cmp(key)),
        Some(_) | None => Err(keys.len()),
    }
}

impl<K: Ord + Clone, V: Clone> Tree<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut node = &*self.root;
        loop {
            match node {
                TreeNode::Inner { firsts, children } => node = &children[child_of(firsts, key)],
                TreeNode::Leaf { keys, values } => {
                    let at = place_in(keys, key).ok()?;
                    return Some(&values[at]);
                }
            }
        }
    }

    /// The value of a key, to be changed. Copies the path to it only where a clone shares it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let mut node = Arc::make_mut(&mut self.root);
        loop {
            match node {
                TreeNode::Inner { firsts, children } => {
                    let at = child_of(firsts, key);
                    node = Arc::make_mut(&mut children[at]);
                }
                TreeNode::Leaf { keys, values } => {
                    let at = place_in(keys, key).ok()?;
                    return Some(&mut values[at]);
                }
            }
        }
    }

    /// Sets the value of a key and gives the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (replaced, split) = insert(Arc::make_mut(&mut self.root), key, value);
        self.len += usize::from(replaced.is_none());
        if let Some((first, right)) = split {
            let left = Arc::clone(&self.root);
            // The left half's bound is only ever compared with keys to its right.
            let lowest = lowest(&left).unwrap_or_else(|| first.clone());
            self.root = Arc::new(TreeNode::Inner {
                firsts: vec![lowest, first],
                children: vec![left, Arc::new(right)],
            });
        }
        replaced
    }

    /// Takes a key out and gives the value it had. Nodes may stay small; empty ones go.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.get(key)?;
        let removed = remove(Arc::make_mut(&mut self.root), key);
        self.len -= usize::from(removed.is_some());
        removed
    }

    /// All entries in order of their keys.
    pub fn iter(&self) -> TreeIter<'_, K, V> {
        let (keys, values) = first_leaf(&self.root);
        TreeIter { root: &self.root, keys, values, at: 0 }
    }

    /// The entries from the first key that is not below `key`, in order.
    pub fn iter_from<Q: Ord + ?Sized>(&self, key: &Q) -> TreeIter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut node = &*self.root;
        loop {
            match node {
                TreeNode::Inner { firsts, children } => node = &children[child_of(firsts, key)],
                TreeNode::Leaf { keys, values } => {
                    let at = place_in(keys, key).unwrap_or_else(|at| at);
                    return TreeIter { root: &self.root, keys, values, at };
                }
            }
        }
    }

    /// All entries, the largest key first.
    pub fn iter_rev(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut stack = vec![(&*self.root, self.root.size())];
        std::iter::from_fn(move || {
            loop {
                let (node, at) = stack.pop()?;
                let Some(at) = at.checked_sub(1) else {
                    continue;
                };
                stack.push((node, at));
                match node {
                    TreeNode::Leaf { keys, values } => return Some((&keys[at], &values[at])),
                    TreeNode::Inner { children, .. } => {
                        stack.push((&children[at], children[at].size()));
                    }
                }
            }
        })
    }
}

impl<K, V> TreeNode<K, V> {
    fn size(&self) -> usize {
        match self {
            TreeNode::Leaf { keys, .. } => keys.len(),
            TreeNode::Inner { children, .. } => children.len(),
        }
    }

    /// Whether there is no entry below: then the tree has none, since such nodes go from their parents.
    fn is_empty(&self) -> bool {
        match self {
            TreeNode::Leaf { keys, .. } => keys.is_empty(),
            TreeNode::Inner { children, .. } => children.len() == 1 && children[0].is_empty(),
        }
    }
}

fn lowest<K: Clone, V>(node: &TreeNode<K, V>) -> Option<K> {
    match node {
        TreeNode::Leaf { keys, .. } => keys.first().cloned(),
        TreeNode::Inner { firsts, .. } => firsts.first().cloned(),
    }
}

type Split<K, V> = Option<(K, TreeNode<K, V>)>;

fn insert<K: Ord + Clone, V: Clone>(
    node: &mut TreeNode<K, V>,
    key: K,
    value: V,
) -> (Option<V>, Split<K, V>) {
    match node {
        TreeNode::Leaf { keys, values } => match place_in(keys, &key) {
            Ok(at) => (Some(std::mem::replace(&mut values[at], value)), None),
            Err(at) => {
                let appended = at == keys.len();
                keys.insert(at, key);
                values.insert(at, value);
                if keys.len() <= FANOUT {
                    return (None, None);
                }
                // Keys that only ever grow leave full leaves behind instead of half empty ones.
                let middle = if appended { FANOUT } else { FANOUT / 2 };
                let right = TreeNode::Leaf {
                    keys: keys.split_off(middle),
                    values: values.split_off(middle),
                };
                (None, lowest(&right).map(|first| (first, right)))
            }
        },
        TreeNode::Inner { firsts, children } => {
            let at = child_of(firsts, &key);
            let (replaced, split) = insert(Arc::make_mut(&mut children[at]), key, value);
            let Some((first, right)) = split else {
                return (replaced, None);
            };
            let appended = at + 1 == children.len();
            firsts.insert(at + 1, first);
            children.insert(at + 1, Arc::new(right));
            if children.len() <= FANOUT {
                return (replaced, None);
            }
            let middle = if appended { FANOUT } else { FANOUT / 2 };
            let right = TreeNode::Inner {
                firsts: firsts.split_off(middle),
                children: children.split_off(middle),
            };
            (replaced, lowest(&right).map(|first| (first, right)))
        }
    }
}

fn remove<K: Ord + Clone + Borrow<Q>, V: Clone, Q: Ord + ?Sized>(
    node: &mut TreeNode<K, V>,
    key: &Q,
) -> Option<V> {
    match node {
        TreeNode::Leaf { keys, values } => {
            let at = place_in(keys, key).ok()?;
            keys.remove(at);
            Some(values.remove(at))
        }
        TreeNode::Inner { firsts, children } => {
            let at = child_of(firsts, key);
            let removed = remove(Arc::make_mut(&mut children[at]), key);
            if children[at].is_empty() && children.len() > 1 {
                firsts.remove(at);
                children.remove(at);
            }
            removed
        }
    }
}

/// The leaf of a node with its smallest keys.
fn first_leaf<K, V>(mut node: &TreeNode<K, V>) -> (&[K], &[V]) {
    loop {
        match node {
            TreeNode::Inner { children, .. } => node = &children[0],
            TreeNode::Leaf { keys, values } => return (keys, values),
        }
    }
}

/// The leaf behind the one in which `key` is.
fn next_leaf<'a, K: Ord, V>(root: &'a TreeNode<K, V>, key: &K) -> Option<(&'a [K], &'a [V])> {
    let (mut node, mut next) = (root, None);
    loop {
        match node {
            TreeNode::Inner { firsts, children } => {
                let at = child_of(firsts, key);
                next = children.get(at + 1).or(next);
                node = &children[at];
            }
            TreeNode::Leaf { .. } => return next.map(|next| first_leaf(next)),
        }
    }
}

/// The entries of a [`Tree`] in order.
///
/// It knows the leaf where it is, and looks the next one up from the root: once in so many entries, so
/// that a search for one allocates nothing.
#[derive(Debug)]
pub struct TreeIter<'a, K, V> {
    root: &'a TreeNode<K, V>,
    keys: &'a [K],
    values: &'a [V],
    at: usize,
}

impl<'a, K: Ord, V> Iterator for TreeIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.keys.len() {
            let (keys, values) = next_leaf(self.root, self.keys.last()?)?;
            (self.keys, self.values, self.at) = (keys, values, 0);
        }
        let entry = (self.keys.get(self.at)?, self.values.get(self.at)?);
        self.at += 1;
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map_and_clones_keep_their_state(
            steps in proptest::collection::vec((any::<bool>(), 0u16..600), 0..2000),
        ) {
            let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
            let mut kept = Vec::new();
            for (at, (put, key)) in steps.into_iter().enumerate() {
                if put {
                    prop_assert_eq!(tree.insert(key, at), model.insert(key, at));
                } else {
                    prop_assert_eq!(tree.remove(&key), model.remove(&key));
                }
                if at % 300 == 0 {
                    kept.push((tree.clone(), model.clone()));
                }
            }
            kept.push((tree, model));
            for (tree, model) in &kept {
                prop_assert_eq!(tree.len(), model.len());
                prop_assert!(tree.iter().eq(model.iter()));
                prop_assert!(tree.iter_rev().eq(model.iter().rev()));
                for key in (0..600).step_by(7) {
                    prop_assert_eq!(tree.get(&key), model.get(&key));
                    prop_assert!(tree.iter_from(&key).eq(model.range(key..)));
                }
            }
        }
    }

    #[test]
    fn growing_keys_fill_their_leaves() {
        let mut tree = Tree::default();
        for key in 0..100_000_u32 {
            tree.insert(key, key);
        }
        assert!(tree.iter().map(|(key, _)| *key).eq(0..100_000));
        *tree.get_mut(&77_777).expect("inserted above") = 1;
        assert_eq!(tree.get(&77_777), Some(&1));
    }

    #[test]
    fn whole_branches_go_and_leave_no_gap() {
        let mut tree = Tree::default();
        for key in 0..20_000_u32 {
            tree.insert(key, ());
        }
        let stays = |key: &u32| key % 9_000 < 100;
        for key in (0..20_000).filter(|key| !stays(key)) {
            tree.remove(&key);
        }
        let left: Vec<u32> = (0..20_000).filter(stays).collect();
        assert!(tree.iter().map(|(key, ())| *key).eq(left.iter().copied()));
        assert!(tree.iter_rev().map(|(key, ())| *key).eq(left.iter().rev().copied()));
        let behind = left.iter().copied().filter(|key| *key >= 5_000);
        assert!(tree.iter_from(&5_000).map(|(key, ())| *key).eq(behind));
        left.iter().for_each(|key| assert!(tree.remove(key).is_some()));
        assert!(tree.is_empty() && tree.iter().next().is_none());
    }
}
